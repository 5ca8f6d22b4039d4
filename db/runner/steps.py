"""Applies revisions one by one through Alembic, each with its ledger row in its own transaction."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, MigrationInfo, RevisionStep

from db.contract.ledger import State
from db.contract.lineage import Revision
from db.contract.refusal import ExitCode, Refusal
from db.runner import connect, lock
from db.runner.cancel import Terminated
from db.runner.environment import Scripts
from db.runner.failure import StepFailed
from db.runner.fence import HeldBack
from db.runner.patience import Patience
from db.runner.session import Session
from db.runner.sqlstate import Meaning, meaning, sqlstate
from db.runner.watch import Watch


class Steps:
    """The steps of one session. Between them its connection is in autocommit."""

    def __init__(self, session: Session, scripts: Scripts) -> None:
        self._session = session
        self._job = session.job
        self._scripts = scripts
        self._targets: tuple[str, ...] = ()
        self._patience = Patience(session.job.settings)
        self._began = 0.0
        self._lsn: str | None = None
        self.tries = 0
        self.blockers: Sequence[str] = ()
        # The one being applied: what an error is about.
        self.revision: str | None = None

    def apply(self, targets: Sequence[str]) -> None:
        """Apply what is pending up to `targets`; finished steps stay when a later one raises.

        Raises HeldBack where the fence holds, Refusal with 75 where a lock was not to be had within the budget,
        and whatever a revision raises.
        """
        self._targets = tuple(targets)
        raw = self._session.connection
        engine = sa.create_engine(
            "postgresql+psycopg2://", creator=lambda: raw, poolclass=sa.StaticPool, use_native_hstore=False
        )
        raw.autocommit = False
        try:
            with (
                engine.connect() as connection,
                EnvironmentContext(
                    self._scripts.config, self._scripts.directory, fn=self._pending
                ) as environment,
            ):
                environment.configure(
                    connection=connection,
                    transaction_per_migration=True,
                    on_version_apply=self._record,  # type: ignore[arg-type] # Alembic passes names only
                    version_table=self._job.history.version_table,
                    version_table_schema=self._job.history.schema,
                    **self._scripts.options,
                )
                self._run(environment, connection)
        finally:
            if not raw.closed:
                raw.rollback()
                raw.autocommit = True

    def _run(self, environment: EnvironmentContext, connection: sa.Connection) -> None:
        while True:
            watch = self._watch()
            try:
                with watch:
                    environment.run_migrations()
            except (HeldBack, Terminated):
                raise
            except Exception as error:  # noqa: BLE001 - a revision is somebody's program: it may raise anything
                self.blockers = watch.blockers
                connection.rollback()
                self._again(error)
            else:
                return

    def _again(self, error: Exception) -> None:
        """Pause before another try, or raise what ends the run."""
        what = meaning(error)
        if what is Meaning.RECONNECT and not self._job.stop.is_raised:
            raise error
        pause_s = self._patience.pause_s(sqlstate(error)) if what is Meaning.RETRY_STEP else None
        self._job.stop.check()
        if pause_s is None:
            failed = StepFailed(
                error, self.revision, blockers=self.blockers, attempts=self._patience.tries or 1
            )
            self._give_up(failed)
            raise failed from error
        self._tell_retry(error, pause_s)
        self._job.stop.wait(pause_s)

    def _tell_retry(self, error: Exception, pause_s: float) -> None:
        self.tries += 1
        in_the_way = "; ".join(self.blockers) or "nobody was seen"
        self._job.report(
            "step.retry",
            f"revision {self.revision} met a lock, trying again in {pause_s:.1f} s; in its way: {in_the_way}",
            revision=self.revision,
            sqlstate=sqlstate(error),
            blockers=list(self.blockers),
            tries=self._patience.tries,
        )

    def _give_up(self, failed: StepFailed) -> None:
        """Write down the failure, and take back the announcement of a step that took nothing away."""
        raw = self._session.connection
        raw.rollback()
        revision = self._job.image.revisions.get(failed.revision or "")
        with raw.cursor() as cursor:
            if revision is not None and revision.announced and not revision.breaks:
                self._session.ledger.remove(cursor, revision.revision)
            self._session.ledger.event(
                cursor,
                "failed",
                failed.revision,
                code=int(failed.code),
                sqlstate=failed.sqlstate,
                blockers=failed.blockers,
                attempts=failed.attempts,
            )
        raw.commit()

    def _watch(self) -> Watch:
        job = self._job
        every_s = self._patience.lock_timeout_ms / 2000
        backend = self._session.connection.info.backend_pid
        head = ",".join(job.image.heads)
        watch = Watch(lambda: connect.second(job.url, job.settings, head), backend, every_s, job.report)
        if self._patience.tries:
            watch.begin_now()
        return watch

    def _pending(self, heads: tuple[str, ...], context: MigrationContext) -> Iterator[RevisionStep]:
        """What Alembic runs; the code before a `yield` runs between two steps' transactions."""
        for step in self._scripts.steps(self._targets, heads):
            revision = self._job.image.revisions[step.revision.revision]
            if revision.revision != self.revision:
                self.revision, self._patience = revision.revision, Patience(self._job.settings)
            assert context.connection is not None  # noqa: S101 - only offline runs have none
            context.connection.commit()
            self._prepare(revision)
            step.migration_fn = self._fenced(revision, step.migration_fn)
            yield step
            # Alembic comes back for more when the step's transaction has committed.
            self._job.trace.applied.append(revision.revision)
            self.revision = None

    def _prepare(self, revision: Revision) -> None:
        """In autocommit: a clean session, the lock still held, and the announcement of what takes long."""
        self._job.stop.check()
        raw = self._session.connection
        raw.autocommit = True
        with raw.cursor() as cursor:
            # What a revision has SET must not reach the next one (a leaked search_path loses tables).
            cursor.execute("RESET ALL")
            cursor.execute("RESET ROLE")
            cursor.execute(f"SET lock_timeout = '{self._patience.lock_timeout_ms}ms'")
            if not lock.is_held(raw, self._job.history):
                raise Refusal(
                    ExitCode.TEMPORARY, "this session no longer holds the lock", "Run the Job again"
                )
            cursor.execute("SELECT pg_catalog.pg_current_wal_insert_lsn()::text")
            (self._lsn,) = cursor.fetchone() or (None,)
        if revision.announced:
            self._announce(revision)
        self._job.report(
            "step.begin", f"applying {revision.revision} ({revision.phase})", revision=self.revision
        )
        self._began = time.monotonic()
        raw.autocommit = False

    def _announce(self, revision: Revision) -> None:
        # Under the fence and after its check: announced before it, a step that then waits turns old pods away.
        with self._session.connection as raw, raw.cursor() as cursor:
            if revision.breaks:
                self._session.fence.close(cursor, revision.breaks)
            self._session.ledger.write(cursor, revision, State.APPLYING, lsn_before=self._lsn)

    def _fenced(self, revision: Revision, migrate: Callable[..., None]) -> Callable[..., None]:
        if revision.announced or not revision.breaks:
            return migrate

        def behind_the_fence(**arguments: Any) -> None:
            with self._session.connection.cursor() as cursor:
                self._session.fence.close(cursor, revision.breaks)
            migrate(**arguments)

        return behind_the_fence

    def _record(self, *, step: MigrationInfo, **_: Any) -> None:
        """Alembic's hook: the version has just moved, in the step's transaction."""
        assert step.up_revision_id is not None  # noqa: S101 - an upgrade has one
        revision = self._job.image.revisions[step.up_revision_id]
        duration_ms = round((time.monotonic() - self._began) * 1000)
        with self._session.connection.cursor() as cursor:
            cursor.execute("SELECT pg_catalog.pg_current_wal_insert_lsn()::text")
            (lsn,) = cursor.fetchone() or (None,)
            self._session.ledger.write(
                cursor,
                revision,
                State.APPLIED,
                duration_ms=duration_ms,
                lsn_before=self._lsn,
                lsn_after=lsn,
            )
            self._session.ledger.event(
                cursor, "upgrade", revision.revision, duration_ms=duration_ms, tries=self._patience.tries + 1
            )
        self._job.report(
            "step.end", f"applied {revision.revision} in {duration_ms} ms", revision=self.revision
        )
