"""`hold -- COMMAND`: runs a worker, a cron job or a shell as a registered reader, for as long as its lease lasts.

The round is the gate's: register, then read, then decide; only a whole round renews, counted from before it was
sent. When the lease ends, or the schema no longer suits this image, the command is told to stop.
"""

import subprocess
import threading
import time
import uuid
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import timedelta

import psycopg2

from db.contract.readers import LEAVE, REGISTER, RENEW, pyformat
from db.contract.refusal import ExitCode, Refusal
from db.contract.standing import Judgement
from db.runner.jitter import between
from db.runner.job import Job
from db.runner.wire import Connection

LOOK_AT_CHILD_S = 0.2
RETRY_S = 1.0


class Hold:
    """A reader's row and its lease."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._instance = str(uuid.uuid4())
        self._connection: Connection | None = None
        self._ends_at = 0.0

    @property
    def is_over(self) -> bool:
        """Whether this process must not use the schema any more."""
        return boot_time_s() > self._ends_at

    def round(self) -> Judgement:
        """Register, read, decide; raises psycopg2.Error or Refusal where the database did not answer."""
        began = boot_time_s()
        connection = self._connected()
        self._register(connection)
        _, judgement = self._job.judge(connection)
        if judgement.ready:
            self._ends_at = began + self._job.settings.lease_s - self._job.settings.margin_s
        return judgement

    def leave(self) -> None:
        """Delete the row; where that can't be said, it expires."""
        if self._connection is not None and not self._connection.closed:
            self._job.stop.spare(self._connection)
            with suppress(psycopg2.Error), closing(self._connection), self._connection.cursor() as cursor:
                cursor.execute(pyformat(self._job.history.fill(LEAVE)), {"p1": self._instance})

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self._job.connect()
        return self._connection

    def _register(self, connection: Connection) -> None:
        settings = self._job.settings
        values = {
            "p1": self._instance,
            "p2": timedelta(seconds=settings.lease_s),
            "p3": settings.pod_name,
            "p4": settings.release,
            "p5": list(self._job.image.heads),
        }
        # Where there is no ledger there is no fence either, and equality decides.
        with suppress(psycopg2.errors.UndefinedTable), connection.cursor() as cursor:
            cursor.execute(pyformat(self._job.history.fill(RENEW)), values)
            if cursor.rowcount == 0:
                cursor.execute(pyformat(self._job.history.fill(REGISTER)), values)


def hold(job: Job, command: Sequence[str]) -> int:
    """Run `command` as a reader; answers its exit code, 128 + n where signal n ended it.

    Raises Refusal with 79 where the schema does not suit this image, before the command is started.
    """
    held = Hold(job)
    try:
        judgement = held.round()
        if not judgement.ready:
            raise Refusal(ExitCode.NOT_FOR_THIS_IMAGE, judgement.what, judgement.remedy)
        code = _attend(job, held, command)
        return code if code >= 0 else 128 - code
    finally:
        held.leave()


def _attend(job: Job, held: Hold, command: Sequence[str]) -> int:
    child = subprocess.Popen(command)  # noqa: S603 - the caller's own command is the purpose
    over = threading.Event()
    # Rounds may hang with the database; whoever watches the lease must not hang with them.
    rounds = threading.Thread(target=_renew, args=(job, held, over), name="rounds", daemon=True)
    rounds.start()
    try:
        while child.poll() is None:
            if job.stop.is_raised or over.is_set() or held.is_over:
                return _end(job, child)
            with suppress(subprocess.TimeoutExpired):
                child.wait(LOOK_AT_CHILD_S)
        return child.returncode
    finally:
        over.set()
        rounds.join(timeout=1.0)


def _renew(job: Job, held: Hold, over: threading.Event) -> None:
    """Round after round; sets `over` when the schema no longer suits this image."""
    pause_s = job.settings.heartbeat_s
    while not over.wait(pause_s * between(0.8, 1.2)):
        try:
            judgement = held.round()
        except (psycopg2.Error, Refusal) as error:
            job.report("hold.round", f"a round failed, the lease goes on: {type(error).__name__}")
            pause_s = RETRY_S
            continue
        pause_s = job.settings.heartbeat_s
        if not judgement.ready:
            job.report("hold.unfit", f"stopping the command: {judgement.reason}")
            over.set()


def _end(job: Job, child: subprocess.Popen[bytes]) -> int:
    """Stop the command within the margin: past it, what it needs may be taken away."""
    child.terminate()
    try:
        return child.wait(job.settings.margin_s / 2)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


def boot_time_s() -> float:
    """A clock that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
