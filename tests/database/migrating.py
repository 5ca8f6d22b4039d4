"""Moves a test's database by Alembic itself, and says what schema it then has."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from db.contract.url import DatabaseUrl
from tests.repository.tree import ROOT

INI = ROOT / "db" / "alembic.ini"
# All that the revisions make, in words: nothing here depends on the order in which it was made.
CATALOG = """
SELECT format('column %s.%s %s%s%s', attrelid::regclass, attname, format_type(atttypid, atttypmod),
              CASE WHEN attnotnull THEN ' not null' END,
              ' default ' || pg_get_expr(adbin, adrelid)) AS line
FROM pg_attribute
JOIN pg_class ON pg_class.oid = attrelid AND relkind = 'r' AND relnamespace = 'public'::regnamespace
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attnum > 0 AND NOT attisdropped
UNION ALL
SELECT format('constraint %s on %s %s', conname, conrelid::regclass, pg_get_constraintdef(oid))
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT format('index %s %s', pg_get_indexdef(indexrelid), CASE WHEN NOT indisvalid THEN 'INVALID' END)
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid AND relnamespace = 'public'::regnamespace
ORDER BY 1
"""


@contextmanager
def connected(url: DatabaseUrl) -> Iterator[sa.Connection]:
    parts, connect_args = url.for_sqlalchemy()
    engine = sa.create_engine(sa.URL.create(**parts), connect_args=connect_args, poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection


def upgrade(url: DatabaseUrl, to: str = "head") -> None:
    with connected(url) as connection:
        command.upgrade(config(connection), to)


def downgrade(url: DatabaseUrl, to: str) -> None:
    with connected(url) as connection:
        command.downgrade(config(connection), to)


def config(connection: sa.Connection) -> Config:
    """Alembic's configuration with a connection of ours in place of a URL."""
    made = Config(INI)
    made.attributes["connection"] = connection
    return made


def execute(url: DatabaseUrl, *statements: str) -> None:
    """Execute each statement by itself, outside a transaction."""
    with connected(url) as connection:
        autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
        for statement in statements:
            autocommit.exec_driver_sql(statement)


def rows(url: DatabaseUrl, question: str) -> list[tuple[Any, ...]]:
    with connected(url) as connection:
        return [tuple(row) for row in connection.execute(sa.text(question))]


def schema(url: DatabaseUrl) -> list[str]:
    """The schema in sorted lines, without the version table's."""
    return [line for (line,) in rows(url, CATALOG) if "alembic_version" not in line]
