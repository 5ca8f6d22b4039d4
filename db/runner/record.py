"""Writes the ledger: each row in the transaction of what it describes."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from db.contract.ledger import CHANNEL, State
from db.contract.lineage import Lineage, Revision
from db.contract.names import History, literal
from db.contract.snapshot import CHANGE, ROWS
from db.contract.value import Value
from db.runner.overtaken import Overtaken
from db.runner.settings import RunnerSettings
from db.runner.transaction import TRANSACTION
from db.runner.version import IS_VERSION, Move
from db.runner.wire import Connection, Cursor

_WRITE_ROW = """
INSERT INTO {schema}.ledger_revision
       (history, revision, down_revisions, phase, breaks, required, state, digests, source,
        release, image, git_sha, duration_ms, lsn_before, lsn_after)
VALUES ({history}, %(revision)s, %(down_revisions)s, %(phase)s, %(breaks)s, %(required)s, %(state)s, %(digests)s,
        %(source)s, %(release)s, %(image)s, %(git_sha)s, %(duration_ms)s, %(lsn_before)s,
        CASE WHEN %(state)s = 'applied' THEN pg_catalog.pg_current_wal_insert_lsn() END)
ON CONFLICT (history, revision) DO UPDATE
   SET state = excluded.state, digests = excluded.digests, breaks = excluded.breaks, source = excluded.source,
       release = excluded.release, image = excluded.image, git_sha = excluded.git_sha, actor = excluded.actor,
       applied_at = excluded.applied_at, duration_ms = excluded.duration_ms, lsn_after = excluded.lsn_after
"""
_REMOVE_ROW = "DELETE FROM {schema}.ledger_revision WHERE history = {history} AND revision = %(revision)s"
_CHANGE = f"{CHANGE} RETURNING {TRANSACTION}"
# What moves the ledger's heads knows which ones these are: heads that came from elsewhere would hide missing rows.
_ARRIVE = f"""
UPDATE {{schema}}.ledger_state SET change = change + 1, heads = %(heads)s, rows = {ROWS}
 WHERE history = {{history}} AND {IS_VERSION}
RETURNING {TRANSACTION}
"""
_EVENT = """
INSERT INTO {schema}.ledger_event (history, operation, revision, heads, release, detail)
VALUES ({history}, %(operation)s, %(about)s, {heads}, %(release)s, %(detail)s)
"""
_HEADS_FOUND = "ARRAY(SELECT version_num::text FROM {version} ORDER BY 1)"


class Event(Value):
    """What the audit keeps; `detail` holds no password, no row's value and no query's text."""

    operation: str
    about: str | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger of one history, written for one run.

    Where a method takes a `move`, alembic_version goes with it, in the same statement; Overtaken is raised where it
    then holds something else. What answers a text answers which transaction it was written in.
    """

    history: History
    settings: RunnerSettings

    def write(
        self,
        cursor: Cursor,
        revision: Revision,
        state: State,
        *,
        move: Move | None = None,
        source: str = "step",
        duration_ms: int | None = None,
        lsn_before: str | None = None,
        event: Event | None = None,
    ) -> str:
        """Write the row of `revision`, new or over the one that announced it, and `event` beside it."""
        row = {
            "revision": revision.revision,
            "down_revisions": list(revision.down_revisions),
            "phase": str(revision.phase),
            "breaks": [str(clause) for clause in revision.breaks],
            "required": revision.required,
            "state": str(state),
            "digests": [revision.digest] if revision.digest else [],
            "source": source,
            "release": self.settings.release or None,
            "image": self.settings.image or None,
            "git_sha": self.settings.git_sha or None,
            "duration_ms": duration_ms,
            "lsn_before": lsn_before,
        }
        return self._change(cursor, _WRITE_ROW, row, move, event)

    def remove(
        self,
        cursor: Cursor,
        revision: str,
        move: Move | None = None,
        event: Event | None = None,
    ) -> str:
        """Remove the row of `revision`, and write `event` in its stead."""
        return self._change(cursor, _REMOVE_ROW, {"revision": revision}, move, event)

    def moved(self, cursor: Cursor, move: Move | None = None) -> None:
        """Say that the ledger changed, to who reads it at a heartbeat and to who listens."""
        self._change(cursor, "", {}, move)

    def event(self, cursor: Cursor, operation: str, about: str | None, /, **detail: Any) -> None:
        """Append to the audit; `detail` holds no password, no row's value and no query's text."""
        statement = _EVENT.replace("{heads}", _HEADS_FOUND)
        cursor.execute(self.history.fill(statement), self._values(Event(operation, about, detail)))

    def reconcile(self, connection: Connection, image: Lineage, found: Collection[str]) -> Sequence[str]:
        """Make the rows say that exactly what stands below the heads `found` is applied; what a run announced stays.

        Answers the revisions whose rows were written or removed.
        """
        with connection, connection.cursor() as cursor:
            cursor.execute(
                self.history.fill(
                    "SELECT revision, state FROM {schema}.ledger_revision WHERE history = {history}"
                )
            )
            states = dict(cursor.fetchall())
            write, remove = to_reconcile(states, image.closure(found))
            new = [id_ for id_ in image.revisions if id_ in write]
            gone = sorted(remove)
            for id_ in gone:
                self.remove(cursor, id_)
            for id_ in new:
                self.write(cursor, image.revisions[id_], State.APPLIED, source="reconcile")
            self.moved(cursor, Move(found, found))
            self.event(cursor, "reconcile", None, written=new, removed=gone)
        return sorted(new + gone)

    def _change(
        self,
        cursor: Cursor,
        statement: str,
        values: Mapping[str, Any],
        move: Move | None,
        event: Event | None = None,
    ) -> str:
        change, heads = _CHANGE, _HEADS_FOUND
        if move:
            statement, values = f"{move.statement}; {statement}", {**values, **move.values}
            change, heads = _ARRIVE, "%(heads)s"
        if event:
            statement = f"{statement}; {_EVENT.replace('{heads}', heads)}"
            values = {**values, **self._values(event)}
        notify = f"SELECT pg_catalog.pg_notify({literal(CHANNEL)}, {literal(str(self.history))})"
        # Sent as one: each round trip is paid once a revision, and a history has hundreds.
        cursor.execute(self.history.fill(f"{statement}; {notify.replace('%', '%%')}; {change}"), values)
        if not (row := cursor.fetchone()):
            raise Overtaken
        return str(row[0])

    def _values(self, event: Event) -> dict[str, Any]:
        detail = json.dumps(event.detail, default=str)
        release = self.settings.release or None
        return {"operation": event.operation, "about": event.about, "release": release, "detail": detail}


def to_reconcile(states: Mapping[str, str], applied: Collection[str]) -> tuple[set[str], set[str]]:
    """Which rows to write and which to remove, where `states` are the ledger's and `applied` is below the heads.

    What is half done (announced, and not below the heads) or half undone (announced, and still below them) stays
    announced: only the run that announced it, repeated, makes it whole.
    """
    write = {id_ for id_ in applied if states.get(id_) not in {State.APPLIED, State.REVERTING}}
    remove = {id_ for id_, state in states.items() if id_ not in applied and state != State.APPLYING}
    return write, remove
