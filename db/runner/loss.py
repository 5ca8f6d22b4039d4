"""What a downgrade takes with it: the tables and columns that its SQL drops, and how many rows they hold now."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import psycopg2
from psycopg2 import sql as psql

from db.runner.wire import Connection

_NAME = r'((?:"[^"]+"|[\w$]+)(?:\.(?:"[^"]+"|[\w$]+))?)'
_DROP_TABLE = re.compile(rf"\bDROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?{_NAME}", re.IGNORECASE)
_ALTER_TABLE = re.compile(
    rf"\bALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?{_NAME}(.*)", re.IGNORECASE | re.DOTALL
)
_DROP_COLUMN = re.compile(rf"\bDROP\s+COLUMN\s+(?:IF\s+EXISTS\s+)?{_NAME}", re.IGNORECASE)
_CHANGES_ROWS = re.compile(rf"\b(DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?|UPDATE)\s+{_NAME}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that goes."""

    what: str
    rows: int | None  # None: how many rows a statement changes is not known before it has run

    def __str__(self) -> str:
        return f"{self.what} ({'an unknown number of' if self.rows is None else self.rows} rows)"


def losses(connection: Connection, statements: Iterable[str], version_table: str) -> tuple[Loss, ...]:
    """What `statements` would take away that holds something; counted exactly, however long that takes."""
    found: list[Loss] = []
    for statement in statements:
        found += [
            Loss(f"table {table}", _count(connection, "*", table)) for table in _DROP_TABLE.findall(statement)
        ]
        for table, rest in _ALTER_TABLE.findall(statement):
            found += [
                Loss(f"column {table}.{column}", _count(connection, column, table))
                for column in _DROP_COLUMN.findall(rest)
            ]
        for verb, table in _CHANGES_ROWS.findall(statement):
            if table.rpartition(".")[2].strip('"') != version_table:
                found.append(Loss(f"what {' '.join(verb.split()).upper()} does to {table}", None))
    return tuple(loss for loss in found if loss.rows != 0)


def digest(revisions: Sequence[str], lost: Sequence[Loss]) -> str:
    """What a person accepts: exactly these revisions, and exactly this loss."""
    text = "\n".join([*revisions, *map(str, lost)])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _count(connection: Connection, column: str, table: str) -> int:
    what = psql.SQL("*") if column == "*" else _identifier(column)
    try:
        with connection.cursor() as cursor:
            cursor.execute(psql.SQL("SELECT count({}) FROM {}").format(what, _identifier(table)))
            row = cursor.fetchone()
    except (psycopg2.errors.UndefinedTable, psycopg2.errors.UndefinedColumn):
        # A step before it brings it back, empty.
        return 0
    return int(row[0]) if row else 0


def _identifier(written: str) -> psql.Identifier:
    parts = re.findall(r'"[^"]+"|[\w$]+', written)
    return psql.Identifier(*(part.strip('"') if part.startswith('"') else part.lower() for part in parts))
