"""Tells when the server has ended a session because its step's Python kept the transaction open for too long.

PostgreSQL says why (25P03, 25P04), but to a session that does not listen: psycopg2 finds the connection closed and
knows no reason (measured). So what went before is measured here, against the limits that the server was found to have.
"""

import time
from typing import Any

import sqlalchemy as sa

from db.runner.wire import Cursor

_LIMITS = """
SELECT extract(epoch FROM pg_catalog.current_setting('idle_in_transaction_session_timeout')::interval)::float,
       extract(epoch FROM coalesce(pg_catalog.current_setting('transaction_timeout', true), '0')::interval)::float
"""
IDLE, TRANSACTION = "25P03", "25P04"


class Idling:
    """One step after the other."""

    def __init__(self) -> None:
        self._limits: dict[str, float] = {}
        self._began = self._asked = 0.0
        self._lasted: dict[str, float] = {}

    def listen(self, engine: sa.Engine) -> None:
        """Measure the pauses between the statements of `engine`."""
        sa.event.listen(engine, "before_cursor_execute", self.about_to_ask)
        sa.event.listen(engine, "after_cursor_execute", self._after)

    def forget(self) -> None:
        """A step begins that leaves its transaction as it likes."""
        self._limits, self._lasted = {}, {}

    def begin(self, cursor: Cursor) -> None:
        """The transaction of a step is open from here on."""
        cursor.execute(_LIMITS)
        self._limits = dict(zip((IDLE, TRANSACTION), cursor.fetchone() or (), strict=False))
        self._lasted = {}
        self._began = self._asked = time.monotonic()

    @property
    def overdue(self) -> str | None:
        """The SQLSTATE by which the server ended the session before its last statement; None where it did not."""
        return next(
            (state for state, s in self._limits.items() if 0 < s <= self._lasted.get(state, 0.0)), None
        )

    def about_to_ask(self, *_: Any) -> None:
        """A pause has ended."""
        now = time.monotonic()
        self._lasted = {IDLE: now - self._asked, TRANSACTION: now - self._began}

    def _after(self, *_: Any) -> None:
        self._asked = time.monotonic()
