"""Takes revisions one by one through Alembic, each with its ledger row in its own transaction."""

import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from copy import deepcopy
from typing import Any

import sqlalchemy as sa
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, MigrationInfo, RevisionStep

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
from db.runner.idling import Idling
from db.runner.overtaken import refuse_overtaken
from db.runner.progress import Progress
from db.runner.record import Event
from db.runner.session import Session
from db.runner.tries import Tries


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
        self._recorded: frozenset[str]  # what they are when the step's transaction has committed
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
                EnvironmentContext(
                    self._scripts.config, self._scripts.directory, fn=self._pending
                ) as environment,
            ):
                environment.configure(
                    connection=connection,
                    transaction_per_migration=True,
                    on_version_apply=(self._record, *self._scripts.hooks),  # type: ignore[arg-type] # or several
                    version_table=self._job.history.version_table,
                    version_table_schema=self._job.history.schema,
                    progress=Progress(self._job.report, self._remember),
                    **self._scripts.options,
                )
                self._run(environment, connection)
        finally:
            if not raw.closed:
                raw.rollback()
                raw.autocommit = True

    def _run(self, environment: EnvironmentContext, connection: sa.Connection) -> None:
        while True:
            watch = self.tries.watch()
            try:
                with watch:
                    environment.run_migrations()
            except (HeldBack, Terminated):
                raise
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a revision may raise anything, and leave
                if not self._session.connection.closed:
                    connection.rollback()
                # Types made in what was rolled back are to be made again.
                environment.get_context().impl.memo = self._memo
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

    def _pending(self, heads: tuple[str, ...], context: MigrationContext) -> Iterator[RevisionStep]:
        """What Alembic runs; the code before a `yield` runs between two steps' transactions."""
        self._heads = frozenset(heads)
        refuse_overtaken(self._session.connection, self._job.history, heads)
        steps = list(self._direction.steps(self._scripts, heads))
        trace = self._job.trace
        trace.steps = max(trace.steps, len(trace.applied) + len(steps))
        for step in steps:
            revision = self._job.image.revisions[step.revision.revision]
            self.tries.begin(revision.revision)
            assert context.connection is not None  # noqa: S101 - only offline runs have none
            context.connection.commit()
            self._prepare(revision)
            self._memo = deepcopy(context.impl.memo)
            step.migration_fn = self._guard.guarded(revision, step.migration_fn)
            yield step
            # Alembic comes back for more when the step's transaction has committed.
            self._heads = self._recorded
            self._job.trace.applied.append(revision.revision)

    def _prepare(self, revision: Revision) -> None:
        """In autocommit: a clean session, the lock still held, and the announcement of what takes long."""
        self._job.stop.check()
        raw = self._session.connection
        raw.autocommit = True
        with raw.cursor() as cursor:
            # What a revision has SET must not reach the next one (a leaked search_path loses tables).
            cursor.execute(
                f"RESET ALL; RESET ROLE; SET lock_timeout = '{self.tries.lock_timeout_ms}ms';"
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

    def _record(self, *, step: MigrationInfo, heads: set[str], **_: Any) -> None:
        """Alembic's hook: the version has just moved, in the step's transaction."""
        assert step.up_revision_id is not None  # noqa: S101 - only a stamp has none
        revision = self._job.image.revisions[step.up_revision_id]
        duration_ms = round((time.monotonic() - self._began) * 1000)
        ledger, operation = self._session.ledger, self._direction.operation
        self._recorded = frozenset(heads)
        with self._session.connection.cursor() as cursor:
            figures: dict[str, Any] = {"duration_ms": duration_ms, "lsn_before": self._lsn}
            detail = {
                "duration_ms": duration_ms,
                "lock_wait_ms": self.tries.lock_wait_ms,
                "tries": self.tries.number,
                "blockers": self.tries.blockers,
            }
            event = Event(operation, revision.revision, detail)
            self._direction.record(ledger, cursor, revision, heads, event, **figures)
        self._job.report(
            "step.end",
            f"{operation} {revision.revision} took {duration_ms} ms",
            revision=revision.revision,
            duration_ms=duration_ms,
        )
