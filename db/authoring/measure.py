"""Applies revisions to a scratch database and writes down, statement by statement, what they lock there.

Measured, since the manual's tables of locks are long and a statement's own locks are not all: a foreign key locks
two tables. What can't run in a transaction is known from its text instead.
"""

import re
from collections.abc import Mapping
from contextlib import closing
from typing import Any, cast

import psycopg2
import sqlalchemy as sa
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep

from db.contract.lineage import TableLock
from db.contract.url import DatabaseUrl
from db.runner.environment import Scripts
from db.runner.wire import Connection, Cursor

_TABLES = """
SELECT c.relname, c.relfilenode, coalesce(x.seq_scan, 0) FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_stat_xact_all_tables x ON x.relid = c.oid
 WHERE n.nspname = pg_catalog.current_schema() AND c.relkind IN ('r', 'p') AND c.relname <> 'alembic_version'
"""
_LOCKS = """
SELECT c.relname, l.mode FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
 WHERE l.pid = pg_catalog.pg_backend_pid() AND l.granted AND c.relname = ANY (%s) AND l.mode <> 'AccessShareLock'
"""
_INDEXED = "SELECT indrelid::regclass::text FROM pg_catalog.pg_index WHERE indexrelid = to_regclass(%s)"
_CHANGES = re.compile(
    r"\s*(ALTER|CREATE|DROP|TRUNCATE|INSERT|UPDATE|DELETE|COMMENT|REINDEX)\b", re.IGNORECASE
)
_BUILDS = re.compile(r"\s*CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+\S+\s+ON\s+(\S+)", re.IGNORECASE)
_DROPS = re.compile(r"\s*DROP\s+INDEX\s+CONCURRENTLY\s+(\S+)", re.IGNORECASE)


class Observed(Cursor):
    """A cursor that looks at pg_locks after each statement that changes something."""

    def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002 - psycopg2's own spelling
        """Run the statement; in autocommit, within a transaction for as long as it takes to look."""
        text = query.decode() if isinstance(query, bytes) else str(query)
        observer = cast(ObservedConnection, self.connection).observer
        if _BUILDS.match(text) or _DROPS.match(text):
            observer.know(text)
            super().execute(query, vars)
            return
        if not _CHANGES.match(text):
            super().execute(query, vars)
            return
        with Cursor(self.connection) as plain:
            alone = self.connection.autocommit
            if alone:
                plain.execute("BEGIN")
            before = _tables(plain)
            super().execute(query, vars)
            observer.see(plain, before)
            if alone:
                plain.execute("COMMIT")


class Observer:
    """The locks of the revision being applied."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._existing: list[str] = []
        self._locks: dict[tuple[str, str], tuple[bool, bool]] = {}

    def begin(self) -> None:
        """A revision begins: what it locks of what is there now counts."""
        with Cursor(self._connection) as plain:
            self._existing, self._locks = list(_tables(plain)), {}

    def end(self) -> tuple[TableLock, ...]:
        """What the revision locked."""
        return tuple(TableLock(*names, *flags) for names, flags in sorted(self._locks.items()))

    def see(self, plain: Cursor, before: Mapping[str, tuple[int, int]]) -> None:
        """Look at the locks that are held after a statement, and at what it did to its tables."""
        after = _tables(plain)
        plain.execute(_LOCKS, (self._existing,))
        for table, mode in plain.fetchall():
            (node, scans), (node_then, scans_then) = before[table], after.get(table, before[table])
            self._add(table, mode, rewrites=node != node_then, scans=scans != scans_then)

    def know(self, text: str) -> None:
        """Add the lock of a statement that can't be looked at, since it runs in transactions of its own."""
        if built := _BUILDS.match(text):
            self._add(built[1].strip('"'), "ShareUpdateExclusiveLock", rewrites=False, scans=True)
        elif dropped := _DROPS.match(text):
            with Cursor(self._connection) as plain:
                plain.execute(_INDEXED, (dropped[1],))
                for (table,) in plain:
                    self._add(table, "ShareUpdateExclusiveLock", rewrites=False, scans=False)

    def _add(self, table: str, mode: str, *, rewrites: bool, scans: bool) -> None:
        if table in self._existing:
            before = self._locks.get((table, mode), (False, False))
            self._locks[table, mode] = (before[0] or rewrites, before[1] or scans)


class ObservedConnection(Connection):
    """A connection whose cursors are observed."""

    observer: Observer


def measure(scripts: Scripts, scratch: DatabaseUrl) -> dict[str, tuple[TableLock, ...]]:
    """Apply everything to the empty database `scratch`; answers the locks of each revision."""
    measured: dict[str, tuple[TableLock, ...]] = {}
    arguments = scratch.for_psycopg2()
    with closing(
        psycopg2.connect(**arguments, cursor_factory=Observed, connection_factory=ObservedConnection)
    ) as raw:
        observer = raw.observer = Observer(raw)

        def steps(heads: tuple[str, ...], context: MigrationContext) -> Any:
            for step in scripts.upgrade_steps(scripts.directory.get_heads(), heads):
                assert context.connection is not None  # noqa: S101 - only offline runs have none
                context.connection.commit()
                observer.begin()
                context.connection.commit()
                yield _ending(step, observer, measured)

        engine = sa.create_engine(
            "postgresql+psycopg2://", creator=lambda: raw, poolclass=sa.StaticPool, use_native_hstore=False
        )
        with (
            engine.connect() as connection,
            EnvironmentContext(scripts.config, scripts.directory, fn=steps) as environment,
        ):
            environment.configure(connection=connection, transaction_per_migration=True, **scripts.options)
            environment.run_migrations()
    return measured


def _ending(
    step: RevisionStep, observer: Observer, measured: dict[str, tuple[TableLock, ...]]
) -> RevisionStep:
    migrate = step.migration_fn

    def measuring(**arguments: Any) -> None:
        migrate(**arguments)
        # Before Alembic moves its version table, which is not the revision's doing.
        measured[step.revision.revision] = observer.end()

    step.migration_fn = measuring
    return step


def _tables(plain: Cursor) -> dict[str, tuple[int, int]]:
    """Each table with the file it lies in, and how often this transaction has scanned it."""
    plain.execute(_TABLES)
    return {name: (node, scans) for name, node, scans in plain}
