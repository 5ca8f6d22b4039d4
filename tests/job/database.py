"""What a test asks of a database that Jobs move, and what it does to it meanwhile."""

import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import psycopg2

from db.contract.ledger import TABLES
from db.contract.names import History
from db.contract.readers import LEAVE, REGISTER, pyformat
from db.contract.snapshot import IS_COPIED
from db.contract.url import DatabaseUrl
from tests.database.migrating import CATALOG
from tests.server.roles import session

HISTORY = History()
HOLDER = "a test that is in the way"
RUNNERS = "application_name LIKE 'calcio-migrate/%' AND pid <> pg_backend_pid()"


class Database:
    """A database, as its owner."""

    def __init__(self, url: DatabaseUrl) -> None:
        self.url = url

    def execute(self, *statements: str) -> None:
        with session(self.url) as cursor:
            for statement in statements:
                cursor.execute(statement)

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with session(self.url) as cursor:
            cursor.execute(sql, values or None)
            return list(cursor.fetchall())

    def value(self, sql: str, *values: object) -> Any:
        [(value,)] = self.rows(sql, *values)
        return value

    @property
    def heads(self) -> set[str]:
        return {head for (head,) in self.rows("SELECT version_num FROM alembic_version")}

    @property
    def states(self) -> dict[str, str]:
        """The ledger's state by revision."""
        return dict(self.rows("SELECT revision, state FROM ledger_revision"))

    @property
    def ledger_heads(self) -> set[str]:
        return set(self.value("SELECT heads FROM ledger_state"))

    def events(self, operation: str) -> list[tuple[str | None, dict[str, Any]]]:
        return self.rows(
            "SELECT revision, detail FROM ledger_event WHERE operation = %s ORDER BY seq", operation
        )

    def says_applied(self, *revisions: str) -> bool:
        """Whether version and ledger agree that exactly these are applied, up to the last one; gates read it too."""
        heads = {revisions[-1]}
        is_state = self.states == dict.fromkeys(revisions, "applied")
        return is_state and self.heads == self.ledger_heads == heads and self.gates_read_the_ledger

    @property
    def gates_read_the_ledger(self) -> bool:
        """Whether what the gates read is what the ledger's rows say."""
        return bool(self.value(HISTORY.fill(IS_COPIED)))

    @property
    def schema(self) -> list[str]:
        """The schema in sorted lines, without the version table's and the ledger's."""
        ours = ("alembic_version", *TABLES)
        return [line for (line,) in self.rows(CATALOG) if not any(name in line for name in ours)]

    @property
    def fingerprint(self) -> list[tuple[Any, ...]]:
        """The whole catalogue and every row of version and ledger; who is a reader left out."""
        found = self.rows(CATALOG)
        tables = [name for (name,) in self.rows("SELECT relname FROM pg_class WHERE relkind = 'r'")]
        for table in sorted({"alembic_version", *TABLES[:3]} & set(tables)):
            found += self.rows(f"SELECT '{table}', row::text FROM {table} AS row ORDER BY 2")
        return found

    def dump(self) -> str:
        """Every row of the ledger as text."""
        rows: list[tuple[Any, ...]] = []
        for table in TABLES:
            if self.value("SELECT to_regclass(%s)::text", f"public.{table}"):
                rows += self.rows(f"SELECT row::text FROM public.{table} AS row")
        return "\n".join(text for (text,) in rows)

    def register(self, name: str, *heads: str, release: str = "1.0.0", lease_s: float = 600) -> str:
        """Add a live reader; answers its instance."""
        instance = str(uuid.uuid4())
        values = [instance, timedelta(seconds=lease_s), name, release, list(heads)]
        with session(self.url) as cursor:
            sql = pyformat(HISTORY.fill(REGISTER))
            cursor.execute(sql, {f"p{number}": value for number, value in enumerate(values, start=1)})
        return instance

    def leave(self, instance: str) -> None:
        with session(self.url) as cursor:
            cursor.execute(pyformat(HISTORY.fill(LEAVE)), {"p1": instance})

    @contextmanager
    def transaction(self, *statements: str) -> Iterator[Any]:
        """A transaction that stays open, idle and named, until the block ends."""
        arguments = self.url.for_psycopg2() | {"application_name": HOLDER}
        with closing(psycopg2.connect(**arguments)) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            yield cursor

    def terminate_runners(self) -> int:
        """End every session of every runner, as an administrator or a restart would."""
        return len(self.rows(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {RUNNERS}"))

    def is_any_runner(self, state: str) -> bool:
        """Whether a runner's session is as the condition `state` on pg_stat_activity says."""
        return bool(self.rows(f"SELECT FROM pg_stat_activity WHERE {RUNNERS} AND {state}"))
