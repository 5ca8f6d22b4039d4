"""How far a backfill came: rows done, of about how many, how many a second, and when it will be through."""

import time
from collections.abc import Callable

from db.runner.report import Report

SAY_EVERY_S = 2.0
REMEMBER_EVERY_S = 5.0


class Progress:
    """What db/operations.py tells after each batch: said now and then, and less often written to the ledger."""

    def __init__(self, report: Report, remember: Callable[..., None]) -> None:
        self._report = report
        self._remember = remember
        self._table = ""
        self._rows = self._rows_then = 0
        self._began = self._said = self._remembered = 0.0

    def __call__(self, table: str, rows: int, share: float) -> None:
        """Take note that `rows` of `table` are through, which is `share` (above 0, to 1) of the way through its ids."""
        now = time.monotonic()
        if table != self._table or rows <= self._rows:
            # Another backfill, or the same one from its beginning: the rate counts from here.
            self._table, self._rows_then = table, rows
            self._began = self._said = self._remembered = now
        self._rows = rows
        is_last = share >= 1 and self._said > self._began
        if now - self._said < SAY_EVERY_S and not is_last:
            return
        self._said = now
        per_s = (rows - self._rows_then) / (now - self._began)
        in_all = max(rows, round(rows / share))
        figures = {
            "table": table,
            "rows": rows,
            "rows_estimated": in_all,
            "per_s": round(per_s),
            "eta_s": round((in_all - rows) / per_s),
        }
        what = f"{table}: {rows} of about {in_all} rows, {per_s:.0f} a second, {figures['eta_s']} s to go"
        self._report("step.progress", what, **figures)
        if now - self._remembered >= REMEMBER_EVERY_S:
            self._remembered = now
            self._remember(**figures)
