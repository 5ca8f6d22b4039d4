"""The fence: holds back a step that would break a live reader, in the transaction that would break it.

Order is everything (docs/decisions/0012): lock the readers' table, then check, then DDL, ledger and commit. Nobody can
register or renew meanwhile, so what the check found stays true; hence the hold is short, and the server ends it.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from db.contract.names import History
from db.contract.readers import LIVE, Reader
from db.contract.refusal import ExitCode, Refusal
from db.contract.value import Value
from db.runner.settings import RunnerSettings
from db.runner.wire import Connection, Cursor

HOLD_S = 5
TRANSACTION_TIMEOUT_SINCE = 170000

# Sessions of the service's role whose pod no live reader's name explains: their code is not known.
# A gate's own session reads the ledger alone: a pod that waits, or will never serve, holds nothing back by it.
_STRANGERS = """
SELECT coalesce(nullif(application_name, ''), 'pid ' || pid) FROM pg_catalog.pg_stat_activity
 WHERE usename = %s AND datname = pg_catalog.current_database()
   AND NOT pg_catalog.split_part(application_name, '/', 3) = ANY (%s)
   AND NOT pg_catalog.starts_with(application_name, 'calcio-gate/')
 ORDER BY 1
"""
_WATCHING = """
SELECT server_seen_at + %s - pg_catalog.clock_timestamp() FROM {schema}.ledger_state
 WHERE history = {history} AND server_seen_at + %s > pg_catalog.clock_timestamp()
"""


def limits(server_version: int) -> str:
    """The statements that let the server of this version end a transaction which holds the fence for too long."""
    names = ["statement_timeout", "idle_in_transaction_session_timeout"]
    if server_version >= TRANSACTION_TIMEOUT_SINCE:
        names.append("transaction_timeout")
    return "; ".join(f"SET LOCAL {name} = '{HOLD_S}s'" for name in names)


Select = Callable[[Sequence[Reader]], Sequence[Reader]]


class HeldBack(Exception):  # noqa: N818 - an answer, not an accident
    """The fence holds: `blockers` says who or what is in the way.

    `passes_in_s` is set where nobody is, but somebody alive may not have registered again yet.
    """

    def __init__(self, blockers: Sequence[str], passes_in_s: float | None = None) -> None:
        super().__init__("; ".join(blockers))
        self.blockers = tuple(blockers)
        self.passes_in_s = passes_in_s


class InTheWay(Refusal):
    """80, with the revision that live readers hold back and who they are."""

    def __init__(self, message: str, remedy: str, revision: str | None, blockers: Sequence[str]) -> None:
        super().__init__(ExitCode.READERS, message, remedy)
        self.revision = revision
        self.blockers = tuple(blockers)


class Fence(Value):
    """The fence around one history."""

    history: History
    settings: RunnerSettings

    def look(self, connection: Connection, select: Select) -> HeldBack | None:
        """Who is in the way of a step, as far as a look without a lock can tell; `select` says which readers are."""
        with connection.cursor() as cursor:
            return self._held_back(cursor, select)

    def close(self, cursor: Cursor, select: Select) -> None:
        """Lock the readers out and check; the caller's transaction has just begun, and commits within 5 s.

        Raises HeldBack where someone is in the way; the caller rolls back.
        """
        # A role's or a database's repeatable read would show the readers as they were before the lock.
        cursor.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        cursor.execute(limits(cursor.connection.server_version))
        cursor.execute(self.history.fill("LOCK TABLE {schema}.ledger_reader IN SHARE ROW EXCLUSIVE MODE"))
        if held := self._held_back(cursor, select):
            raise held

    def _held_back(self, cursor: Cursor, select: Select) -> HeldBack | None:
        cursor.execute(self.history.fill(LIVE))
        readers = [Reader(name, release, tuple(heads), *ages) for name, release, heads, *ages in cursor]
        blockers = [*map(str, select(readers)), *self._strangers(cursor, readers)]
        watching_s = self._watching_s(cursor)
        if watching_s is not None:
            why = "this server is new to the ledger: readers have {:.0f} s to register again"
            return HeldBack([*blockers, why.format(watching_s)], None if blockers else watching_s)
        return HeldBack(blockers) if blockers else None

    def _strangers(self, cursor: Cursor, readers: Sequence[Reader]) -> list[str]:
        role = self.settings.app_role
        if not role or self.settings.fence_unregistered == "ignore":
            return []
        cursor.execute(_STRANGERS, (role, [reader.name for reader in readers]))
        return [f"a session of {role} that no reader explains: {name}" for (name,) in cursor]

    def _watching_s(self, cursor: Cursor) -> float | None:
        """For how long an empty list proves nothing: after a failover, a restore, or a ledger born in use."""
        lease = timedelta(seconds=self.settings.lease_s)
        cursor.execute(self.history.fill(_WATCHING), (lease, lease))
        row = cursor.fetchone()
        return None if row is None else float(row[0].total_seconds())
