"""Writes the ledger: each row in the transaction of what it describes."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from db.contract.ledger import CHANNEL, State
from db.contract.lineage import Lineage, Revision
from db.contract.names import History, literal
from db.contract.value import Value
from db.runner.overtaken import Overtaken
from db.runner.settings import RunnerSettings
from db.runner.statements import (
    ARRIVE,
    COUNT,
    EVENT_ROW,
    HEADS_FOUND,
    REMOVE_ROW,
    ROW,
    WRITE_EVENT,
    WRITE_EVENTS,
    WRITE_ROW,
    WRITE_ROWS,
)
from db.runner.version import Move
from db.runner.wire import Connection, Cursor


class Event(Value):
    """What the audit keeps; `detail` holds no password, no row's value and no query's text."""

    operation: str
    about: str | None
    detail: Mapping[str, Any]


class Done(Value):
    """A step that was taken in one transaction with others: what its row and its event are to say."""

    revision: Revision
    event: Event
    heads: Collection[str]  # after it
    duration_ms: int
    lsn_before: str  # of their transaction


class Ledger(Value):
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
        row = self._row(revision, state, source, duration_ms, lsn_before)
        return self._change(cursor, WRITE_ROW, row, move, event)

    def write_together(self, cursor: Cursor, done: Sequence[Done]) -> None:
        """Write the rows and events of steps that were `done` in this transaction, and have moved the version."""
        row = self.history.fill(ROW)
        event = self.history.fill(EVENT_ROW.replace("{heads}", "%(heads)s"))
        rows, events = [], []
        for one in done:
            values = self._row(one.revision, State.APPLIED, "step", one.duration_ms, one.lsn_before)
            rows.append(cursor.mogrify(row, values))
            events.append(cursor.mogrify(event, {**self._values(one.event), "heads": sorted(one.heads)}))
        for statement, name, all_ in ((WRITE_ROWS, "{rows}", rows), (WRITE_EVENTS, "{events}", events)):
            head, tail = self.history.fill(statement).split(name)
            cursor.execute(head.encode() + b", ".join(all_) + tail.encode())
        self._change(cursor, "", {}, Move(done[-1].heads, done[-1].heads))

    def remove(
        self,
        cursor: Cursor,
        revision: str,
        move: Move | None = None,
        event: Event | None = None,
    ) -> str:
        """Remove the row of `revision`, and write `event` in its stead."""
        return self._change(cursor, REMOVE_ROW, {"revision": revision}, move, event)

    def moved(self, cursor: Cursor, move: Move | None = None) -> None:
        """Say that the ledger changed, to who reads it at a heartbeat and to who listens."""
        self._change(cursor, "", {}, move)

    def event(self, cursor: Cursor, operation: str, about: str | None, /, **detail: Any) -> None:
        """Append to the audit; `detail` holds no password, no row's value and no query's text."""
        statement = WRITE_EVENT.replace("{heads}", HEADS_FOUND)
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
        change, heads = COUNT, HEADS_FOUND
        if move:
            statement, values = f"{move.statement}; {statement}", {**values, **move.values}
            change, heads = ARRIVE, "%(heads)s"
        if event:
            statement = f"{statement}; {WRITE_EVENT.replace('{heads}', heads)}"
            values = {**values, **self._values(event)}
        notify = f"SELECT pg_catalog.pg_notify({literal(CHANNEL)}, {literal(str(self.history))})"
        # Sent as one: each round trip is paid once a revision, and a history has hundreds.
        cursor.execute(self.history.fill(f"{statement}; {notify.replace('%', '%%')}; {change}"), values)
        if not (row := cursor.fetchone()):
            raise Overtaken
        return str(row[0])

    def _row(
        self, revision: Revision, state: State, source: str, duration_ms: int | None, lsn_before: str | None
    ) -> dict[str, Any]:
        return {
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
