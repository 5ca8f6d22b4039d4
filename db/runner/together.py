"""Takes the first steps of an empty database together, where plain Alembic would take all of them in one transaction.

Why then, and why no other time: docs/decisions/0018.
"""

import time
from collections.abc import Sequence
from itertools import takewhile

from alembic.runtime.migration import MigrationContext, RevisionStep

from db.contract.lineage import Revision
from db.runner.account import Account
from db.runner.guard import Guard
from db.runner.heads import Heads
from db.runner.record import Done
from db.runner.session import Session
from db.runner.transaction import TRANSACTION, Left, is_left
from db.runner.tries import Tries
from db.runner.version import Move
from db.runner.wire import Cursor

# What a killed run loses at most, and how long readers may be kept from registering.
ENOUGH_S = 1.0


class Together:
    """Transactions of several steps each, until one fails: what is left is then taken a step at a time."""

    def __init__(self, session: Session, guard: Guard, account: Account, tries: Tries) -> None:
        self._session = session
        self._job = session.job
        self._guard = guard
        self._account = account
        self._tries = tries
        self._done: list[Done] | None = None  # in the transaction that is under way

    def take(self, context: MigrationContext, steps: Sequence[RevisionStep], heads: Heads) -> int:
        """Take as many of `steps`, from the first, as fit in a second; answers how many, 0 where they don't fit.

        Raises whatever a step does. Then nothing is left of it, but for what a step committed by itself.
        """
        both = [(step, self._job.image.revisions[step.revision.revision]) for step in steps]
        several = list(takewhile(lambda pair: not pair[1].announced, both))
        if len(several) < 2:
            return 0
        done = self._done = []
        lsn = self._session.clean(self._tries.lock_timeout_ms)
        self._session.connection.autocommit = False
        with context.begin_transaction(_per_migration=True), self._session.connection.cursor() as cursor:
            self._guard.begin_several(cursor, [revision for _, revision in several])
            since = time.monotonic()
            for step, revision in several:
                self._job.stop.check()
                self._tries.begin(revision.revision)
                self._account.begin(revision, len(self._job.trace.applied) + len(done) + 1)
                step.migration_fn()
                self._follow(cursor, revision, heads.take(step))
                duration_ms, event = self._account.event(revision)
                done.append(Done(revision, event, frozenset(heads.heads), duration_ms, lsn))
                heads.tell_hooks(step)
                self._account.end(revision, duration_ms)
                if time.monotonic() - since >= ENOUGH_S:
                    break
            self._session.ledger.write_together(cursor, done)
        self._job.trace.applied.extend(one.revision.revision for one in done)
        self._done = None
        return len(done)

    def _follow(self, cursor: Cursor, revision: Revision, move: Move) -> None:
        """Move the version, as the next step may read it, and give that step the settings that the first one had."""
        if is_left(self._session.connection):
            raise Left(revision.revision)
        clean = self._guard.clean(self._tries.lock_timeout_ms)
        statement = self._job.history.fill(f"{move.statement}; {clean}; SELECT {TRANSACTION}")
        cursor.execute(statement, move.values)
        (transaction,) = cursor.fetchone() or ("",)
        self._guard.refuse_other(revision, transaction)

    def give_up(self, error: BaseException) -> bool:
        """Take no more steps together in this run; answers whether `error` came of doing so, perhaps."""
        done, self._done = self._done, None
        if done is None:
            return False
        self._job.trace.one_by_one = True
        self._job.report(
            "step.alone",
            f"{self._tries.revision} met {type(error).__name__} in a transaction with others, which are undone:"
            " from here each has its own",
            revision=self._tries.revision,
            undone=[one.revision.revision for one in done],
        )
        return True
