"""How far a backfill came: ids done, how many a second, and when it will be through."""

import time

from db.runner.report import Report

SAY_EVERY_S = 2.0


class Progress:
    """What db/operations.py tells after each batch, said now and then."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._began = self._said = time.monotonic()

    def __call__(self, table: str, done: int, last: int) -> None:
        """Take note that the ids up to `done`, of `last`, are through."""
        now = time.monotonic()
        if now - self._said < SAY_EVERY_S:
            return
        self._said = now
        per_s = done / (now - self._began)
        eta_s = (last - done) / per_s if per_s else 0.0
        self._report(
            "step.progress",
            f"{table}: {done} of {last} ids, {per_s:.0f} a second, {eta_s:.0f} s to go",
            table=table,
            done=done,
            last=last,
            per_s=round(per_s),
            eta_s=round(eta_s),
        )
