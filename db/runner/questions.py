"""The commands that only look: status, check, wait, history, events, readers."""

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from psycopg2.extras import RealDictCursor

from db.contract.readers import LIVE
from db.contract.refusal import ExitCode
from db.contract.standing import Judgement, to_come
from db.runner.job import Job
from db.runner.lock import holder
from db.runner.outcome import Outcome
from db.runner.wire import Connection

LOOK_EVERY_S = 0.5

HISTORY = """
SELECT revision, phase, state, source, release, image, git_sha, actor, applied_at, duration_ms,
       (lsn_after - lsn_before)::bigint AS wal_bytes
  FROM {schema}.ledger_revision WHERE history = {history} ORDER BY applied_at, revision
"""

EVENTS = """
SELECT seq, at, operation, revision, heads, release, actor, detail
  FROM {schema}.ledger_event WHERE history = {history} ORDER BY seq
"""

# `status` shows the end of it; how far a backfill came stands at its revision there.
LAST_EVENTS = """
SELECT * FROM (
    SELECT seq, at, operation, revision, heads, release, actor, detail FROM {schema}.ledger_event
     WHERE history = {history} AND operation NOT IN ('progress', 'lock-wait') ORDER BY seq DESC LIMIT 5
) AS last ORDER BY seq
"""
# A run that waits says so every 5 s, and pauses between its tries for 5 s at most: what is older is over.
LOCK_WAIT = """
SELECT revision, detail -> 'blockers' AS blockers FROM {schema}.ledger_event
 WHERE operation = 'lock-wait' AND at > pg_catalog.clock_timestamp() - interval '15 s'
   AND seq = (SELECT max(seq) FROM {schema}.ledger_event WHERE history = {history} AND operation <> 'progress')
"""
UNDER_WAY = """
SELECT revision, state, applied_at AS since, (
           SELECT jsonb_build_object('at', at) || detail FROM {schema}.ledger_event AS event
            WHERE event.history = {history} AND operation = 'progress' AND event.revision = row.revision
              AND at >= applied_at ORDER BY seq DESC LIMIT 1
       ) AS progress
  FROM {schema}.ledger_revision AS row WHERE history = {history} AND state <> 'applied' ORDER BY applied_at
"""


def check(job: Job) -> Outcome:
    """Would this image serve now? 0 or 79."""
    with closing(job.connect()) as connection:
        _, judgement = job.judge(connection)
    return _verdict(judgement)


def wait(job: Job, wait_s: float) -> Outcome:
    """Look until this image would serve: 0, or 75 after `wait_s`."""
    deadline = time.monotonic() + wait_s
    said = ""
    with closing(job.connect()) as connection:
        while True:
            _, judgement = job.judge(connection)
            if judgement.ready:
                return _verdict(judgement)
            if time.monotonic() > deadline:
                return _verdict(judgement, ExitCode.TEMPORARY)
            if judgement.reason != said:
                said = judgement.reason
                job.report("wait.waiting", said)
            job.stop.wait(LOOK_EVERY_S)


def status(job: Job) -> Mapping[str, Any]:
    """Standing, found, expected, what is pending with its phase, what is under way, who reads, the last events."""
    with closing(job.connect()) as connection:
        database, judgement = job.judge(connection)
        readers, under_way, last, waits = (
            rows(connection, job.history.fill(sql)) if database.has_ledger else []
            for sql in (LIVE, UNDER_WAY, LAST_EVENTS, LOCK_WAIT)
        )
        runner = holder(connection, job.history)
    coming = to_come(database, job.image)
    return {
        "standing": judgement.standing,
        "ready": judgement.ready,
        "found": judgement.found,
        "expected": judgement.expected,
        "reason": judgement.reason,
        "pending": [
            {"revision": id_, "phase": revision.phase, "required": revision.required}
            for id_, revision in job.image.revisions.items()
            if id_ in coming
        ],
        "runner": runner and {**runner, "revision": None, "blockers": [], **dict(*waits)},
        "under_way": under_way,
        "readers": readers,
        "events": last,
    }


def history(job: Job) -> Sequence[Mapping[str, Any]]:
    """The applied revisions, oldest first, with who applied them and what it took."""
    return _asked(job, HISTORY)


def events(job: Job) -> Sequence[Mapping[str, Any]]:
    """The audit, oldest first."""
    return _asked(job, EVENTS)


def readers(job: Job) -> Sequence[Mapping[str, Any]]:
    """Who serves from this schema: name, release, heads, how long the lease lasts, how long it is there."""
    return _asked(job, LIVE)


def _asked(job: Job, sql: str) -> Sequence[Mapping[str, Any]]:
    with closing(job.connect()) as connection:
        database, _ = job.judge(connection)
        return rows(connection, job.history.fill(sql)) if database.has_ledger else []


def rows(connection: Connection, sql: str) -> list[dict[str, Any]]:
    """What `sql` answers, as JSON can say it: times in ISO 8601, durations in seconds."""
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(sql)
        return [json.loads(json.dumps(dict(row), default=_plain)) for row in cursor]


def _plain(value: Any) -> Any:
    if hasattr(value, "total_seconds"):
        return round(value.total_seconds(), 3)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _verdict(judgement: Judgement, otherwise: ExitCode = ExitCode.NOT_FOR_THIS_IMAGE) -> Outcome:
    return Outcome(
        "nothing" if judgement.ready else "refused",
        ExitCode.DONE if judgement.ready else otherwise,
        f"{judgement.standing}: {judgement.what}",
        found=judgement.found,
        expected=judgement.expected,
        revision=judgement.revision,
        hint=judgement.remedy,
    )
