"""A machine's clock is set by others: what a process owes to gunicorn goes by one that nobody sets."""

import time
from pathlib import Path

import psutil

from db.contract.url import DatabaseUrl
from tests.database.gate.process import served
from tests.eventually import eventually

GUNICORN_WAITS_S = 2
# Once the file is there the clock stands still in the past, as one does that has yet to come to where it was.
SET_BACK = """
import os, time
now, sign = time.time, {!r}
time.time = lambda: 0.0 if os.path.exists(sign) else now()
"""


def test_a_clock_that_is_set_back_ends_no_worker(service_url: DatabaseUrl, tmp_path: Path) -> None:
    """gunicorn kills a worker that it hears nothing of; this one it goes on hearing of."""
    sign = tmp_path / "set back"
    (tmp_path / "sitecustomize.py").write_text(SET_BACK.format(str(sign)))
    more = {"PYTHONPATH": str(tmp_path), "GUNICORN_CMD_ARGS": f"--timeout={GUNICORN_WAITS_S}"}
    with served(tmp_path, service_url, more=more) as service:
        worker = service.worker()
        eventually(lambda: age_s(worker) > 2 * GUNICORN_WAITS_S)
        sign.touch()
        eventually(lambda: age_s(worker) > 5 * GUNICORN_WAITS_S)
        assert service.get("/nowhere").headers["date"].startswith("Thu, 01 Jan 1970")
        assert service.worker() == worker


def age_s(process: int) -> float:
    return time.time() - psutil.Process(process).create_time()
