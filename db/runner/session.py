"""A session that may move the schema: one connection, which holds the lock, beside a ledger that tells the truth."""

from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from typing import TypeVar

from db.contract.names import History
from db.contract.refusal import ExitCode, Refusal
from db.contract.standing import Judgement, Standing
from db.contract.value import Value
from db.runner import founding, granting, lock, squash
from db.runner.fence import Fence
from db.runner.job import Job, refuse_unfit
from db.runner.record import Ledger
from db.runner.watch import bounded
from db.runner.wire import Connection

T = TypeVar("T")
_INVALID = """
SELECT c.relname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT i.indisvalid AND n.nspname = %s
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
"""


class Session(Value):
    """A job with a connection that holds the history's lock."""

    job: Job
    connection: Connection
    ledger: Ledger
    fence: Fence
    judgement: Judgement
    invalid: frozenset[str]  # the indexes that were INVALID before this session did anything

    def clean(self, lock_timeout_ms: int) -> str:
        """Give the next transaction the settings that the first one had; answers how far the WAL is.

        Raises Refusal with 75 where the lock is no longer held.
        """
        raw = self.connection
        raw.autocommit = True
        with raw.cursor() as cursor:
            # What a revision has SET must not reach the next one (a leaked search_path loses tables).
            cursor.execute(
                f"{raw.clean_for(lock_timeout_ms)};"
                f"SELECT pg_catalog.pg_current_wal_insert_lsn()::text, {lock.is_held(self.job.history)}"
            )
            lsn, is_held = cursor.fetchone() or ("", False)
        if not is_held:
            raise Refusal(ExitCode.TEMPORARY, "this session no longer holds the lock", "Run the Job again")
        return str(lsn)


@contextmanager
def opened(job: Job, connection: Connection | None = None) -> Iterator[Session]:
    """A session behind the lock, over `connection` if there is one, with the ledger founded, granted and reconciled.

    Raises Refusal: 75 where the lock stays taken, or no synchronous standby confirms what was written, 77 and 78 as
    `founding` says, 79 and 81 as `refuse_unfit` says.
    """
    with closing(connection or job.connect()) as connection:
        budget_s = job.settings.lock_budget_s
        with lock.held(connection, job.history, budget_s, job.stop, job.report):
            ledger = Ledger(job.history, job.settings)
            database, judgement = job.judge(connection)
            refuse_unfit(database, judgement, job.image)
            empty = judgement.standing is Standing.EMPTY
            _write(job, connection, lambda: _found(job, connection, in_empty_database=empty))
            _write(job, connection, lambda: _grant(job, connection))
            _write(job, connection, lambda: founding.see_server(connection, job.history))
            if judgement.standing is Standing.STALE:
                _write(job, connection, lambda: _reconcile(job, connection, ledger, database.found))
            if _write(job, connection, lambda: squash.adopt(job, connection, ledger)):
                _, judgement = job.judge(connection)
            fence = Fence(job.history, job.settings)
            yield Session(job, connection, ledger, fence, judgement, invalid_indexes(connection, job.history))


def _write(job: Job, connection: Connection, work: Callable[[], T]) -> T:
    """Do `work` on the ledger: neither a lock on it nor the COMMIT is waited for without an end."""
    with bounded(job, connection, "writing the ledger"):
        return job.while_locked(connection, work)


def _reconcile(job: Job, connection: Connection, ledger: Ledger, found: Collection[str]) -> None:
    written = ledger.reconcile(connection, job.image, found)
    job.report("reconciled", f"the ledger now says what alembic_version says: {', '.join(written)}")


def invalid_indexes(connection: Connection, history: History) -> frozenset[str]:
    """The schema's indexes that a concurrent build left INVALID."""
    with connection.cursor() as cursor:
        cursor.execute(_INVALID, (history.schema,))
        return frozenset(name for (name,) in cursor)


def _found(job: Job, connection: Connection, *, in_empty_database: bool) -> None:
    if founding.found_ledger(connection, job.history, in_empty_database=in_empty_database):
        job.report("ledger.founded", f"founded the ledger beside {job.history}")


def _grant(job: Job, connection: Connection) -> None:
    role = job.settings.app_role
    if role and not granting.is_granted(connection, job.history, role):
        statements = granting.limit(connection, role, job.settings)
        # Last, since it is what the next run looks at: one that died in between begins here again.
        granting.grant(connection, job.history, role)
        job.report("granted", f"{role} may read and write the tables to come, and change none")
        if statements:
            job.report(
                "limits.missing",
                f"this role may not limit {role}'s sessions; as a superuser: {'; '.join(statements)}",
            )
