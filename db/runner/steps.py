"""Takes revisions one by one through Alembic, each with its ledger row in its own transaction."""

import sys
import time
from contextlib import redirect_stdout
from copy import deepcopy
from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext

from db.contract.lineage import Revision
from db.contract.refusal import ExitCode, Refusal
from db.runner import lock
from db.runner.cancel import Terminated
from db.runner.direction import Direction
from db.runner.engine import engine_on
from db.runner.environment import Scripts
from db.runner.failure import StepFailed
from db.runner.fence import HeldBack
from db.runner.guard import Guard
from db.runner.heads import Heads
from db.runner.idling import Idling
from db.runner.overtaken import refuse_overtaken
from db.runner.progress import Progress
from db.runner.record import Event
from db.runner.session import Session
from db.runner.tries import Tries
from db.runner.version import Move


class Steps:
    """The steps of one session. Between them its connection is in autocommit."""

    def __init__(self, session: Session, scripts: Scripts) -> None:
        self._session = session
        self._job = session.job
        self._scripts = scripts
        self._direction: Direction
        self._idling = Idling()
        self._guard: Guard
        self._memo: dict[str, Any] = {}
        self._heads: frozenset[str]
        self._began = 0.0
        self._lsn: str | None = None
        self.tries = Tries(session)

    def take(self, direction: Direction) -> None:
        """Take every step of `direction`; finished ones stay when a later one raises.

        Raises HeldBack where the fence holds, StepFailed where a step does, and what says that the connection was
        lost.
        """
        self._direction = direction
        self._guard = Guard(self._session, direction, self._idling)
        raw = self._session.connection
        raw.autocommit = False
        try:
            engine = engine_on(raw, self._job)
            self._idling.listen(engine)
            with (
                redirect_stdout(sys.stderr),  # what revisions print is not this run's report
                engine.connect() as connection,
                EnvironmentContext(self._scripts.config, self._scripts.directory) as environment,
            ):
                environment.configure(
                    connection=connection,
                    transaction_per_migration=True,
                    on_version_apply=self._scripts.hooks,  # type: ignore[arg-type] # or several
                    version_table=self._job.history.version_table,
                    version_table_schema=self._job.history.schema,
                    progress=Progress(self._job.report, self._remember),
                    **self._scripts.options,
                )
                context = environment.get_context()
                # What `op` is, for the revisions.
                with Operations.context(context):
                    self._run(context, connection)
        finally:
            if not raw.closed:
                raw.rollback()
                raw.autocommit = True

    def _run(self, context: MigrationContext, connection: sa.Connection) -> None:
        while True:
            watch = self.tries.watch()
            try:
                with watch:
                    self._take(context)
            except (HeldBack, Terminated):
                raise
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a revision may raise anything, and leave
                if not self._session.connection.closed:
                    connection.rollback()
                # Types made in what was rolled back are to be made again.
                context.impl.memo = self._memo
                try:
                    self.tries.again(error, watch.blockers, self._idling.overdue)
                except StepFailed as failed:
                    if failed.revision:
                        self._guard.give_up(self._job.image.revisions[failed.revision])
                    # Then it is no wonder, and not the revision's fault.
                    if not self._session.connection.closed:
                        refuse_overtaken(self._session.connection, self._job.history, self._heads)
                    raise
            else:
                watch.refuse_unreplicated()
                return

    def _take(self, context: MigrationContext) -> None:
        """Alembic's own loop, but for what happens between two steps' transactions, and how the version moves."""
        found = context.get_current_heads()
        self._heads = frozenset(found)
        refuse_overtaken(self._session.connection, self._job.history, found)
        steps = list(self._direction.steps(self._scripts, found))
        trace = self._job.trace
        trace.steps = max(trace.steps, len(trace.applied) + len(steps))
        heads = Heads(context, found)
        for step in steps:
            revision = self._job.image.revisions[step.revision.revision]
            self.tries.begin(revision.revision)
            assert context.connection is not None  # noqa: S101 - only offline runs have none
            context.connection.commit()
            self._prepare(revision)
            self._memo = deepcopy(context.impl.memo)
            with context.begin_transaction(_per_migration=True):
                self._guard.guarded(revision, step.migration_fn)()
                self._record(revision, heads.take(step))
                for hook in context.on_version_apply_callbacks:
                    hook(ctx=context, step=step.info, heads=set(heads.heads), run_args={})
            self._heads = frozenset(heads.heads)
            trace.applied.append(revision.revision)

    def _prepare(self, revision: Revision) -> None:
        """In autocommit: a clean session, the lock still held, and the announcement of what takes long."""
        self._job.stop.check()
        raw = self._session.connection
        raw.autocommit = True
        with raw.cursor() as cursor:
            # What a revision has SET must not reach the next one (a leaked search_path loses tables).
            cursor.execute(
                f"{raw.clean}; SET lock_timeout = '{self.tries.lock_timeout_ms}ms';"
                f"SELECT pg_catalog.pg_current_wal_insert_lsn()::text, {lock.is_held(self._job.history)}"
            )
            self._lsn, is_held = cursor.fetchone() or (None, False)
        if not is_held:
            raise Refusal(ExitCode.TEMPORARY, "this session no longer holds the lock", "Run the Job again")
        self._guard.announce(revision, self._lsn)
        what = f"{self._direction.operation} {revision.revision} ({revision.phase})"
        number, of = len(self._job.trace.applied) + 1, self._job.trace.steps
        self._job.report("step.begin", what, revision=revision.revision, number=number, of=of)
        self._began = time.monotonic()
        raw.autocommit = False

    def _remember(self, **progress: Any) -> None:
        """For `status`: how far a backfill came, in its own transaction as each of its batches."""
        with self._session.connection.cursor() as cursor:
            self._session.ledger.event(cursor, "progress", self.tries.revision, **progress)

    def _record(self, revision: Revision, move: Move) -> None:
        """Version and ledger, at the end of the step's transaction."""
        duration_ms = round((time.monotonic() - self._began) * 1000)
        operation = self._direction.operation
        detail = {
            "duration_ms": duration_ms,
            "lock_wait_ms": self.tries.lock_wait_ms,
            "tries": self.tries.number,
            "blockers": self.tries.blockers,
        }
        event = Event(operation, revision.revision, detail)
        with self._session.connection.cursor() as cursor:
            transaction = self._direction.record(
                self._session.ledger,
                cursor,
                revision,
                move,
                event,
                duration_ms=duration_ms,
                lsn_before=self._lsn,
            )
        self._guard.refuse_other(revision, transaction)
        self._job.report(
            "step.end",
            f"{operation} {revision.revision} took {duration_ms} ms",
            revision=revision.revision,
            duration_ms=duration_ms,
        )
