"""Stands between a step and the live readers: the fence around it, or the announcement of what takes longer."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from db.contract.lineage import Revision
from db.contract.readers import Reader
from db.runner.direction import Direction
from db.runner.fence import HOLD_S, TRANSACTION_TIMEOUT_SINCE, limits
from db.runner.idling import Idling
from db.runner.session import Session
from db.runner.transaction import Left, is_left
from db.runner.watch import Unreplicated, bounded
from db.runner.wire import Cursor


class Guard:
    """The guard of the steps of one direction."""

    def __init__(self, session: Session, direction: Direction, idling: Idling) -> None:
        self._session = session
        self._idling = idling
        self._direction = direction
        self._transaction: str | None = None  # of the step, if it is one
        self._is_fence_closed = False  # for several steps

    def announce(self, revision: Revision, lsn: str | None) -> None:
        """Commit the announcement of a step that needs one.

        Under the fence and after its check: announced before it, a step that then waits turns old pods away.
        """
        if not self._is_announced(revision):
            return
        with self._session.connection as raw, raw.cursor() as cursor:
            if self._direction.is_fenced(revision):
                self._close_fence(cursor, [revision])
            self._session.ledger.write(cursor, revision, self._direction.intent, lsn_before=lsn)

    def guarded(self, revision: Revision, migrate: Callable[..., None]) -> Callable[..., None]:
        """`migrate`, behind the fence where it takes something away and nobody was told of it, in one transaction."""
        self._idling.forget()
        self._transaction = None
        if revision.announced:
            return migrate

        def in_one_transaction(**arguments: Any) -> None:
            with self._session.connection.cursor() as cursor:
                is_fenced = self._direction.is_fenced(revision) and not self._is_announced(revision)
                self._begin(cursor, [revision] if is_fenced else [])
                migrate(**arguments)
                self._idling.about_to_ask()
                if is_left(self._session.connection):
                    raise Left(revision.revision)

        return in_one_transaction

    def begin_several(self, cursor: Cursor, revisions: Sequence[Revision]) -> None:
        """Begin the transaction of several steps, behind the fence where one of them needs it."""
        fenced = [revision for revision in revisions if self._direction.is_fenced(revision)]
        self._begin(cursor, fenced)
        self._is_fence_closed = bool(fenced)

    def clean(self, lock_timeout_ms: int) -> str:
        """What gives the next of several steps the settings that the first one had."""
        raw = self._session.connection
        statements = [raw.clean_for(lock_timeout_ms)]
        if self._is_fence_closed:
            statements += [limits(raw.server_version), *filter(None, [self._idling.bound()])]
        return "; ".join(statements)

    def refuse_other(self, revision: Revision, transaction: str) -> None:
        """Raise Left where `revision` was written into the ledger in another transaction than its own."""
        if self._transaction not in {None, transaction}:
            raise Left(revision.revision)

    def give_up(self, revision: Revision) -> None:
        """Take back the announcement of a step that failed; not where half of what code uses may have gone."""
        if revision.announced and self._direction.is_fenced(revision):
            return
        raw = self._session.connection
        if raw.closed or not self._is_announced(revision):
            return
        raw.rollback()
        # Why the step failed is what the run ends with, whoever confirms this.
        with (
            suppress(Unreplicated),
            bounded(self._session.job, raw, "taking back the announcement"),
            raw,
            raw.cursor() as cursor,
        ):
            self._session.ledger.remove(cursor, revision.revision)

    def _is_announced(self, revision: Revision) -> bool:
        """Whether it leaves its transaction, or holds the fence for longer than readers can be kept out."""
        return revision.announced or (self._direction.is_fenced(revision) and _takes_long(revision))

    def _begin(self, cursor: Cursor, fenced: Sequence[Revision]) -> None:
        """Close the fence for `fenced`, and remember which transaction this is."""
        hold_s, since = None, time.monotonic()
        if fenced:
            self._close_fence(cursor, fenced)
            # Later servers bound the transaction; before them, each statement gets what is left of it.
            is_bounded = cursor.connection.server_version >= TRANSACTION_TIMEOUT_SINCE
            hold_s = None if is_bounded else HOLD_S
        self._transaction = self._idling.begin(cursor, since, hold_s)

    def _close_fence(self, cursor: Cursor, revisions: Sequence[Revision]) -> None:
        image = self._session.job.image

        def in_the_way(readers: Sequence[Reader]) -> list[Reader]:
            blocked = [self._direction.blocked_by(revision, readers, image) for revision in revisions]
            return [reader for reader in readers if any(reader in some for some in blocked)]

        self._session.fence.close(cursor, in_the_way)


def _takes_long(revision: Revision) -> bool:
    """Whether it reads or writes whole tables, as far as anybody has measured."""
    return revision.locks is None or any(lock.scans or lock.rewrites for lock in revision.locks)
