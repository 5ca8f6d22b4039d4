"""`plan`: what a run would do: each statement, the locks it takes, on tables of what size, and for how long last time.

Nothing is tried: a step that is rolled back stalls readers all the same, and what commits by itself stays.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from typing import Any

from db.contract.ledger import Snapshot
from db.contract.lineage import Revision, TableLock
from db.contract.refusal import ExitCode, Refusal
from db.contract.standing import listed, to_come
from db.contract.value import as_dict
from db.runner.environment import Scripts
from db.runner.job import Job, refuse_unfit
from db.runner.offline import written
from db.runner.wire import Connection

UPGRADE, FINISH = "upgrade", "finish"
Statements = Mapping[str, tuple[str, ...] | None]  # by revision, as `written` answers them
_SIZES = """
SELECT c.relname,
       -- Of a table that was never analysed, reltuples is -1.
       coalesce(nullif(pg_catalog.pg_stat_get_live_tuples(c.oid), 0), nullif(c.reltuples, -1)::bigint),
       pg_catalog.pg_total_relation_size(c.oid)
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = %s AND c.relname = ANY (%s)
"""
_LAST_TIME = """
SELECT revision, (detail ->> 'duration_ms')::bigint FROM {schema}.ledger_event
 WHERE history = {history} AND operation = 'upgrade' AND revision = ANY (%s) ORDER BY seq
"""

_BEGUN = """
SELECT detail -> 'parts' FROM {schema}.ledger_event
 WHERE history = {history} AND operation = 'approve' AND detail ->> 'digest' = %s ORDER BY seq DESC LIMIT 1
"""


def plan(job: Job) -> Mapping[str, Any]:
    """What is pending, as `upgrade` and `finish` would apply it, and the digests that approve the part of each."""
    scripts = job.known.scripts()
    with closing(job.connect()) as connection:
        database, judgement = job.judge(connection)
        refuse_unfit(database, judgement, job.image)
        pending = _pending(job, database)
        statements = _statements(scripts, job, database)
        figures = _figures(connection, job, database, pending)
    steps = [_step(job, revision, statements[revision.revision], figures) for revision in pending]
    return {
        "standing": judgement.standing,
        "found": judgement.found,
        "expected": judgement.expected,
        "digest": _digest(_parts(job, pending, statements, UPGRADE)),
        "finish_digest": _digest(_parts(job, pending, statements, FINISH)),
        "steps": steps,
    }


def _parts(job: Job, pending: Iterable[Revision], statements: Statements, command: str) -> dict[str, str]:
    """What a person approves of what `command` would apply now: by revision the digest of script, SQL and locks."""
    return {
        revision.revision: _digest([revision.digest, statements[revision.revision], _locks(revision)])
        for revision in pending
        if _command(job, revision) == command
    }


def demand_approved(
    job: Job, connection: Connection, scripts: Scripts, command: str
) -> dict[str, str] | None:
    """Answer the parts of the plan of `command`, None where a run that ended has begun it and this is the rest.

    Raises Refusal with 85 where what would be applied now is neither, as far as CALCIO_APPROVED_PLAN says.
    """
    approved = job.settings.approved_plan or ""
    database, _ = job.judge(connection)
    found = _parts(job, _pending(job, database), _statements(scripts, job, database), command)
    if _digest(found) == approved:
        return found
    begun = _begun(job, connection, approved) if database.has_ledger else {}
    done = begun.keys() - found.keys()
    if found and found.items() <= begun.items() and done <= database.applied:
        return None
    raise Refusal(
        ExitCode.OTHER_PLAN,
        f"the plan of {command} ({listed(found) or 'nothing'}) is {_digest(found)} now, and {approved} was approved"
        f"{', which another run has applied' if begun and not found.keys() & begun.keys() else ''}",
        f"Look at `python -m db plan`; if that is what is meant, approve it for {command}:"
        f" CALCIO_APPROVED_PLAN={_digest(found)}",
    )


def _command(job: Job, revision: Revision) -> str:
    return UPGRADE if revision.revision in job.image.required else FINISH


def _begun(job: Job, connection: Connection, approved: str) -> Mapping[str, str]:
    """The parts of the plan `approved` as a run wrote them down that began with it."""
    with connection.cursor() as cursor:
        cursor.execute(job.history.fill(_BEGUN), (approved,))
        row = cursor.fetchone()
    return row[0] if row else {}


def _digest(plan: Any) -> str:
    return hashlib.sha256(json.dumps(plan).encode()).hexdigest()[:12]


def _pending(job: Job, database: Snapshot) -> list[Revision]:
    lacking = to_come(database, job.image)
    return [revision for id_, revision in job.image.revisions.items() if id_ in lacking]


def _statements(scripts: Scripts, job: Job, database: Snapshot) -> Statements:
    heads = tuple(head for head in database.found if head in job.image.revisions)
    return written(scripts, scripts.upgrade_steps(job.image.heads, heads))


def _locks(revision: Revision) -> list[tuple[Any, ...]] | None:
    return None if revision.locks is None else [tuple(as_dict(lock).values()) for lock in revision.locks]


def _figures(
    connection: Connection, job: Job, database: Snapshot, pending: Iterable[Revision]
) -> dict[str, dict[str, Any]]:
    """Live sizes by table, and durations by revision."""
    pending = tuple(pending)
    tables = sorted({lock.table for revision in pending for lock in revision.locks or ()})
    with connection.cursor() as cursor:
        cursor.execute(_SIZES, (job.history.schema, tables))
        sizes = {name: {"rows": rows, "bytes": size} for name, rows, size in cursor}
        durations: dict[str, Any] = {}
        if database.has_ledger:
            cursor.execute(job.history.fill(_LAST_TIME), ([revision.revision for revision in pending],))
            durations = dict(cursor.fetchall())
    return {"sizes": sizes, "durations": durations}


def _step(
    job: Job, revision: Revision, statements: Sequence[str] | None, figures: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    return {
        "revision": revision.revision,
        "phase": revision.phase,
        "command": _command(job, revision),
        "breaks": [str(clause) for clause in revision.breaks],
        "statements": statements,
        "locks": None
        if revision.locks is None
        else [_lock(lock, figures["sizes"]) for lock in revision.locks],
        "last_duration_ms": figures["durations"].get(revision.revision),
    }


def _lock(lock: TableLock, sizes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "table": lock.table,
        "mode": lock.mode,
        "rewrites": lock.rewrites,
        "scans": lock.scans,
        # None: the table comes with a revision that is pending itself.
        "size": sizes.get(lock.table),
    }
