"""Takes revisions one by one through Alembic, each with its ledger row in its own transaction."""

import sys
from contextlib import redirect_stdout
from copy import deepcopy
from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep

from db.contract.lineage import Revision
from db.runner.account import Account
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
from db.runner.session import Session
from db.runner.together import Together
from db.runner.transaction import Left
from db.runner.tries import Tries
from db.runner.version import Move
from db.runner.watch import Watch


class Steps:
    """The steps of one session. Between them its connection is in autocommit."""

    def __init__(self, session: Session, scripts: Scripts) -> None:
        self._session = session
        self._job = session.job
        self._scripts = scripts
        self._direction: Direction
        self._idling = Idling()
        self._guard: Guard
        self._account: Account
        self._together: Together
        self._memo: dict[str, Any] = {}
        self._heads: frozenset[str]
        self.tries = Tries(session)

    def take(self, direction: Direction) -> None:
        """Take every step of `direction`; finished ones stay when a later one raises.

        Raises HeldBack where the fence holds, StepFailed where a step does, and what says that the connection was
        lost.
        """
        self._direction = direction
        self._guard = Guard(self._session, direction, self._idling)
        self._account = Account(self._job, direction, self.tries)
        self._together = Together(self._session, self._guard, self._account, self.tries)
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
            except Terminated:
                raise
            except (Exception, SystemExit) as error:
                if not self._session.connection.closed:
                    connection.rollback()
                # Types made in what was rolled back are to be made again.
                context.impl.memo = self._memo
                self._job.stop.check()  # where it is set, that is what ended a statement
                if self._together.give_up(error) and self._goes_on(context, error):
                    continue
                if isinstance(error, HeldBack):
                    raise
                self._try_again(error, watch)
            else:
                watch.refuse_unreplicated()
                return

    def _goes_on(self, context: MigrationContext, error: BaseException) -> bool:
        """After steps that were taken together: whether `error` may not be met when each is taken by itself."""
        raw = self._session.connection
        if raw.closed:
            return False
        if not isinstance(error, Left):
            return True
        # What it committed of the steps before it, version and all, is what the ledger is to say.
        if found := context.get_current_heads():
            self._job.trace.applied.extend(self._session.ledger.reconcile(raw, self._job.image, found))
            self._heads = frozenset(found)
        return False

    def _try_again(self, error: BaseException, watch: Watch) -> None:
        try:
            self.tries.again(error, watch.blockers, self._idling.overdue)
        except StepFailed as failed:
            if failed.revision:
                self._guard.give_up(self._job.image.revisions[failed.revision])
            # Then it is no wonder, and not the revision's fault.
            if not self._session.connection.closed:
                refuse_overtaken(self._session.connection, self._job.history, self._heads)
            raise

    def _take(self, context: MigrationContext) -> None:
        """Alembic's own loop, but for what happens between two steps' transactions, and how the version moves."""
        found = context.get_current_heads()
        self._heads = frozenset(found)
        refuse_overtaken(self._session.connection, self._job.history, found)
        steps = list(self._direction.steps(self._scripts, found))
        trace = self._job.trace
        trace.steps = max(trace.steps, len(trace.applied) + len(steps))
        heads = Heads(context, found)
        is_new = not found and self._scripts.is_one_transaction and not trace.one_by_one
        while steps:
            assert context.connection is not None  # noqa: S101 - only offline runs have none
            context.connection.commit()
            self._memo = deepcopy(context.impl.memo)
            taken = self._together.take(context, steps, heads) if is_new else 0
            if not taken:
                self._take_one(context, steps[0], heads)
            del steps[: taken or 1]
            self._heads = frozenset(heads.heads)

    def _take_one(self, context: MigrationContext, step: RevisionStep, heads: Heads) -> None:
        revision = self._job.image.revisions[step.revision.revision]
        self.tries.begin(revision.revision)
        lsn = self._prepare(revision)
        with context.begin_transaction(_per_migration=True):
            self._guard.guarded(revision, step.migration_fn)()
            self._record(revision, heads.take(step), lsn)
            heads.tell_hooks(step)
        self._job.trace.applied.append(revision.revision)

    def _prepare(self, revision: Revision) -> str:
        """In autocommit: a clean session, the lock still held, and the announcement of what takes long."""
        self._job.stop.check()
        lsn = self._session.clean(self.tries.lock_timeout_ms)
        self._guard.announce(revision, lsn)
        self._account.begin(revision, len(self._job.trace.applied) + 1)
        self._session.connection.autocommit = False
        return lsn

    def _remember(self, **progress: Any) -> None:
        """For `status`: how far a backfill came, in its own transaction as each of its batches."""
        with self._session.connection.cursor() as cursor:
            self._session.ledger.event(cursor, "progress", self.tries.revision, **progress)

    def _record(self, revision: Revision, move: Move, lsn: str) -> None:
        """Version and ledger, at the end of the step's transaction."""
        duration_ms, event = self._account.event(revision)
        with self._session.connection.cursor() as cursor:
            transaction = self._direction.record(
                self._session.ledger,
                cursor,
                revision,
                move,
                event,
                duration_ms=duration_ms,
                lsn_before=lsn,
            )
        self._guard.refuse_other(revision, transaction)
        self._account.end(revision, duration_ms)
