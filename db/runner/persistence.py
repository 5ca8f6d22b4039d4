"""Goes on after a lost connection, and after a lock on the version table: a bounded number of times."""

from collections.abc import Callable
from typing import TypeVar

from db.contract.names import History
from db.contract.refusal import ExitCode, Refusal
from db.runner.cancel import Stop
from db.runner.jitter import between
from db.runner.overtaken import Overtaken
from db.runner.patience import Patience
from db.runner.report import Report
from db.runner.settings import RunnerSettings
from db.runner.sqlstate import Meaning, meaning, sqlstate
from db.runner.wire import Connection

T = TypeVar("T")
CONNECTS = 5

_HOLDERS = """
SELECT a.pid, coalesce(nullif(a.application_name, ''), 'without a name'), a.state
  FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a USING (pid)
 WHERE l.relation = pg_catalog.to_regclass(%s) AND l.granted AND l.pid <> pg_catalog.pg_backend_pid()
   AND l.mode IN ('AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock', 'RowExclusiveLock')
"""


def while_connections_are_lost(work: Callable[[], T], stop: Stop, report: Report) -> T:
    """Do `work`, again from its beginning where its connection was lost, or its knowledge of the version is old.

    The lock is lost with the connection, and whether the last COMMIT arrived is read, never guessed.
    """
    for connects in range(1, CONNECTS + 1):
        try:
            return work()
        except Exception as error:
            stop.check()
            if isinstance(error, Overtaken) and connects < CONNECTS:
                report("overtaken", f"{error.message}; beginning again", connects=connects)
                continue
            if meaning(error) is not Meaning.RECONNECT:
                raise
            if connects == CONNECTS:
                raise Refusal(
                    ExitCode.TEMPORARY,
                    f"the connection was lost {CONNECTS} times, and nobody said why",
                    "The server's log has who ended it; this run may be repeated as it is",
                ) from error
            report("connection.lost", "the connection was lost; connecting again", connects=connects)
            stop.wait(between(0.5, 1.0) * min(2.0**connects / 10, 2.0))
    raise AssertionError("the last round returns or raises")


def while_locked(
    connection: Connection,
    history: History,
    work: Callable[[], T],
    settings: RunnerSettings,
    stop: Stop,
    report: Report,
) -> T:
    """Do `work` on alembic_version and the ledger; raises Refusal with 75, naming who holds them, after the budget."""
    patience = Patience(settings)
    while True:
        try:
            return work()
        except Exception as error:
            stop.check()
            if meaning(error) is not Meaning.RETRY_STEP:
                raise
            pause_s = patience.pause_s(sqlstate(error))
            holders = _holders(connection, history)
            if pause_s is None:
                raise Refusal(
                    ExitCode.TEMPORARY,
                    f"{history} stayed locked for {patience.tries} tries by {holders}",
                    "End that transaction; this run may be repeated as it is",
                ) from error
            report("version.locked", f"{history} is locked by {holders}; trying again", holders=holders)
            stop.wait(pause_s)


def _holders(connection: Connection, history: History) -> str:
    with connection.cursor() as cursor:
        cursor.execute(_HOLDERS, (history.fill("{version}"),))
        holders = [f"{name} (pid {pid}, {state or 'state unknown'})" for pid, name, state in cursor]
    return ", ".join(holders) or "nobody any more"
