"""Bounds how long a step keeps its transaction open, and tells when the server has ended it for that.

PostgreSQL says why (25P03, 25P04), but to a session that does not listen: psycopg2 finds the connection closed and
knows no reason (measured). So what went before is measured here, against the limits that the server was found to have.
"""

import time
from typing import Any

import sqlalchemy as sa

from db.runner.transaction import TRANSACTION
from db.runner.wire import Cursor

# One round trip for each step: a history may have hundreds.
_BEGUN = f"""
SELECT {TRANSACTION},
       extract(epoch FROM pg_catalog.current_setting('idle_in_transaction_session_timeout')::interval)::float,
       extract(epoch FROM coalesce(pg_catalog.current_setting('transaction_timeout', true), '0')::interval)::float
"""
IDLE, TRANSACTION = "25P03", "25P04"
BOUND_EVERY_S = 0.1


class Idling:
    """One step after the other."""

    def __init__(self) -> None:
        self._limits: dict[str, float] = {}
        self._began = self._asked = 0.0
        self._hold_s: float | None = None
        self._bound_at = 0.0
        self._paused_s = 0.0

    def listen(self, engine: sa.Engine) -> None:
        """Measure the pauses between the statements of `engine`."""
        sa.event.listen(engine, "before_cursor_execute", self._before)
        sa.event.listen(engine, "after_cursor_execute", self._after)

    def forget(self) -> None:
        """A step begins that leaves its transaction as it likes."""
        self._limits, self._hold_s = {}, None

    def begin(self, cursor: Cursor, since: float, hold_s: float | None) -> str:
        """The transaction of a step is open `since` then; where the server does not bound it, for `hold_s` at most.

        Answers which transaction it is.
        """
        cursor.execute(_BEGUN)
        transaction, idle_s, transaction_s = cursor.fetchone() or ("", 0.0, 0.0)
        self._limits, self._hold_s = {IDLE: idle_s, TRANSACTION: transaction_s}, hold_s
        self._bound_at = 0.0
        self._paused_s = 0.0
        self._began, self._asked = since, time.monotonic()
        return str(transaction)

    @property
    def overdue(self) -> str | None:
        """The SQLSTATE by which the server has ended the session, if it is lost; None where it had none."""
        # It ends what idles in a pause, and what lasts too long in the middle of a statement, too.
        lasted = {IDLE: self._paused_s, TRANSACTION: time.monotonic() - self._began}
        return next((state for state, limit_s in self._limits.items() if 0 < limit_s <= lasted[state]), None)

    def bound(self) -> str | None:
        """The statement that gives the next one what is left of the transaction, where the server does not bound it."""
        if self._hold_s is None:
            return None
        self._bound_at = time.monotonic()
        left_s = max(0.001, self._began + self._hold_s - self._bound_at)
        return f"SET LOCAL statement_timeout = '{left_s * 1000:.0f}ms'"

    def _before(self, _: sa.Connection, cursor: Cursor, *__: Any) -> None:
        self.about_to_ask()
        # One that was bound a moment ago is not worth another round trip.
        if time.monotonic() - self._bound_at >= BOUND_EVERY_S and (bound := self.bound()):
            cursor.execute(bound)

    def about_to_ask(self) -> None:
        """A pause has ended."""
        self._paused_s = time.monotonic() - self._asked

    def _after(self, *_: Any) -> None:
        self._asked = time.monotonic()
