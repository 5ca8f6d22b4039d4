"""A ledger made by the contract's own SQL, and moved as a Job would move it, in one transaction a step."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2

from db.contract.ledger import CHANNEL, FORMAT
from db.contract.lineage import Clause, Lineage, Phase, Revision
from db.contract.names import History
from db.contract.snapshot import CHANGE
from db.contract.tables import CREATE, GRANTS, TRIGGER
from db.contract.url import DatabaseUrl
from tests.server.roles import SERVICE

HISTORY = History()
VERSION = "CREATE TABLE {version} (version_num varchar(32) PRIMARY KEY)"
STATE = "INSERT INTO {schema}.ledger_state VALUES ({history}, %s, '{}', 0, 'test', '-infinity', NULL)"
TOUCH = HISTORY.fill(CHANGE)
HEADS = "UPDATE {schema}.ledger_state SET heads = %s WHERE history = {history}"
ROW = """
INSERT INTO {schema}.ledger_revision
       (history, revision, down_revisions, phase, breaks, required, state, digests, source, release)
VALUES ({history}, %s, %s, %s, %s, %s, %s, %s, 'step', '1.4.0')
ON CONFLICT (history, revision) DO UPDATE SET state = excluded.state
"""
FENCE = "LOCK TABLE ledger_reader IN SHARE ROW EXCLUSIVE MODE"
WAITS_FOR_IT = "SELECT count(*) FROM pg_locks WHERE relation = 'ledger_reader'::regclass AND NOT granted"


def revision(
    id_: str,
    down: str | None = None,
    *,
    required: bool = True,
    breaks: tuple[str, ...] = (),
    digest: str = "",
) -> Revision:
    phase = Phase.CONTRACT if breaks else Phase.EXPAND
    clauses = tuple(map(Clause.parse, breaks))
    return Revision(id_, (down,) if down else (), (), phase, clauses, required, digest or f"digest of {id_}")


FIRST = revision("0001")
SECOND = revision("0002", "0001")
TRAILING = revision("0003", "0002", required=False)
# Code that does not contain 0002 breaks; code that does has stopped using what goes.
CONTRACT = revision("0004", "0002", required=False, breaks=(":0002",))
OLD = Lineage.of([FIRST])
IMAGE = Lineage.of([FIRST, SECOND])


class Ledger:
    """alembic_version and the ledger beside it, as their owner writes them."""

    def __init__(self, url: DatabaseUrl) -> None:
        self._url = url

    def create(self, *, notifier: bool = True) -> None:
        with self.transaction() as cursor:
            for sql in (VERSION, *CREATE, *((TRIGGER,) if notifier else ())):
                cursor.execute(HISTORY.fill(sql))
            cursor.execute(HISTORY.fill(STATE), [FORMAT])
            for sql in GRANTS:
                cursor.execute(HISTORY.fill(sql).replace("{role}", SERVICE))

    def apply(
        self, *revisions: Revision, state: str = "applied", heads: tuple[str, ...] | None = None
    ) -> None:
        """Record `revisions`; alembic_version moves to `heads`, which are the last one where not given."""
        with self.transaction() as cursor:
            self.write(cursor, *revisions, state=state)
            self.move(cursor, heads if heads is not None else (revisions[-1].revision,))

    def write(self, cursor: Any, *revisions: Revision, state: str = "applied") -> None:
        for row in revisions:
            breaks = [str(clause) for clause in row.breaks]
            values = [
                row.revision,
                [*row.down_revisions],
                row.phase,
                breaks,
                row.required,
                state,
                [row.digest],
            ]
            cursor.execute(HISTORY.fill(ROW), values)

    def move(self, cursor: Any, heads: tuple[str, ...]) -> None:
        self.set_version(cursor, heads)
        cursor.execute(HISTORY.fill(HEADS), [[*heads]])
        self.touch(cursor)

    def touch(self, cursor: Any) -> None:
        """Say that the ledger is another one, as whoever has changed it does."""
        cursor.execute(TOUCH)
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(HISTORY)])

    def set_version(self, cursor: Any, heads: tuple[str, ...]) -> None:
        """What plain `alembic` would do: alembic_version alone."""
        cursor.execute(HISTORY.fill("DELETE FROM {version}"))
        for head in heads:
            cursor.execute(HISTORY.fill("INSERT INTO {version} VALUES (%s)"), [head])

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with closing(psycopg2.connect(**self._url.for_psycopg2())) as connection:
            with connection.cursor() as cursor:
                yield cursor
            connection.commit()

    def execute(self, sql: str) -> None:
        with self.transaction() as cursor:
            cursor.execute(sql)

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self.transaction() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall())

    def readers(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT name, heads, expires_at FROM ledger_reader ORDER BY name")
