"""What PostgreSQL needs several careful statements for, as one call each, for revisions to import.

Each call commits statement by statement, so a revision that makes one makes nothing else; killed at any
of them, it is run again whole and ends at the same schema.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op


def create_index(name: str, table: str, columns: Sequence[str], *, unique: bool = False) -> None:
    """Build an index while the table is read and written: SHARE UPDATE EXCLUSIVE, two scans.

    `columns` are written as pg_get_indexdef writes them: an index found there already, valid and of this
    definition, is the work of a run that was killed before it could say so; any other one is dropped.
    """
    kind = "UNIQUE INDEX" if unique else "INDEX"
    with _statement_by_statement(patient=True):
        found = _index_definition(name)
        if found is not None and found.endswith(f"{kind} {name} ON {table} ({', '.join(columns)})"):
            return
        if found is not None:
            op.execute(f"DROP INDEX CONCURRENTLY {name}")
        op.execute(f"CREATE {kind} CONCURRENTLY {name} ON {table} ({', '.join(columns)})")


def drop_index(name: str) -> None:
    """Drop an index while its table is read and written: SHARE UPDATE EXCLUSIVE."""
    with _statement_by_statement(patient=True):
        if _offline() or _index_definition(name) is not None:
            op.execute(f"DROP INDEX CONCURRENTLY {name}")


def set_not_null(table: str, column: str) -> None:
    """Forbid NULL without a scan under the strongest lock, by way of a check that is validated first.

    ACCESS EXCLUSIVE three times for a moment; between them a scan under SHARE UPDATE EXCLUSIVE.
    """
    check = f"ck_{table}_{column}_not_null"
    with _statement_by_statement():
        validated = _check_validated(table, check)
        if not _is_not_null(table, column):
            if validated is None:
                op.execute(
                    f"ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({column} IS NOT NULL) NOT VALID"
                )
            if not validated:
                op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {check}")
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL")
            validated = True
        if validated is not None:
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {check}")


def execute_in_batches(table: str, statement: str, *, rows: int = 200) -> None:
    """Execute `statement` for each range (:after, :upto] of `table`'s ids, each in its own transaction.

    The statement must be one that may run again for the same range: nothing remembers how far it came.
    """
    with _statement_by_statement():
        first, last = _extent(table)
        done = 0
        for after, upto, found in _ranges(table, first - 1, rows):
            op.execute(sa.text(statement).bindparams(after=after, upto=upto))
            done += found
            _tell(table, done, (upto - first + 1) / max(last - first + 1, upto - first + 1, 1))


@contextmanager
def _statement_by_statement(*, patient: bool = False) -> Iterator[None]:
    with op.get_context().autocommit_block():
        if patient:
            # Concurrent index work waits in nobody's way, and cut short it leaves an INVALID index.
            op.execute("SET lock_timeout = 0")
        yield
        if patient:
            op.execute("RESET lock_timeout")


def _offline() -> bool:
    """Whether Alembic writes a script instead of moving a database: there is no state to look at then."""
    return op.get_context().as_sql


def _ranges(table: str, after: int, rows: int) -> Iterator[tuple[int, int, int]]:
    """Each range of ids above `after`, with how many there are in it."""
    if _offline():
        yield after, 2**63 - 1, 0
        return
    following = sa.text(
        "SELECT max(id), count(*)"
        f" FROM (SELECT id FROM {table} WHERE id > :after ORDER BY id LIMIT :rows) AS batch"
    )
    while True:
        upto, found = op.get_bind().execute(following, {"after": after, "rows": rows}).one()
        if upto is None:
            return
        yield after, upto, found
        after = upto


def _extent(table: str) -> tuple[int, int]:
    """Where the ids begin and end, as far as is known when the batches begin: not every id is above 0."""
    if _offline():
        return 1 - 2**63, 2**63 - 1
    first, last = op.get_bind().execute(sa.text(f"SELECT min(id), max(id) FROM {table}")).one()
    return (0, 0) if first is None else (first, last)


def _tell(table: str, rows: int, share: float) -> None:
    """Tell the runner, where there is one, how far it came: rows, and which part of the ids."""
    progress = op.get_context().opts.get("progress")
    if progress is not None:
        progress(table, rows, share)


def _index_definition(name: str) -> str | None:
    """The index without schema and method as it was created; '' where it is INVALID, None where it is not."""
    if _offline():
        return None
    definition: str | None = op.get_bind().scalar(
        sa.text(
            "SELECT CASE WHEN indisvalid THEN regexp_replace("
            "pg_get_indexdef(indexrelid), ' ON (\\S+\\.)?(\\S+) USING btree ', ' ON \\2 ')"
            " ELSE '' END FROM pg_index WHERE indexrelid = to_regclass(:name)"
        ),
        {"name": name},
    )
    return definition


def _check_validated(table: str, check: str) -> bool | None:
    """Whether the check holds for every row; None where there is no such check."""
    if _offline():
        return None
    validated: bool | None = op.get_bind().scalar(
        sa.text(
            "SELECT convalidated FROM pg_constraint WHERE conrelid = to_regclass(:table) AND conname = :check"
        ),
        {"table": table, "check": check},
    )
    return validated


def _is_not_null(table: str, column: str) -> bool:
    if _offline():
        return False
    return bool(
        op.get_bind().scalar(
            sa.text(
                "SELECT attnotnull FROM pg_attribute"
                " WHERE attrelid = to_regclass(:table) AND attname = :column AND NOT attisdropped"
            ),
            {"table": table, "column": column},
        )
    )
