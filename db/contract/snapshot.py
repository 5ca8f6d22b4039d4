"""The statements that take a Snapshot, for any driver: none of them has a parameter.

The first one reads version and ledger at once, so that both come from one snapshot of PostgreSQL's. Where one of them
is empty, the second one reads both again, and looks for other tables: planning that takes longer than all of the first.
Where the ledger is not there (42P01) or not for this role (42501) the third one reads the version alone,
and where there is no version table (42P01) the fourth one looks for other tables.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from db.contract.ledger import FORMAT, TABLES, Row, Snapshot, State
from db.contract.lineage import Clause
from db.contract.names import History, literal

UNDEFINED_TABLE = "42P01"
INSUFFICIENT_PRIVILEGE = "42501"

_HAS_TABLES = (
    "EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = {schema_name} AND c.relkind IN ('r', 'p') AND c.relname <> {history}"
    f" AND c.relname NOT IN ({', '.join(map(literal, TABLES))}))"
)
_HEADS = """
       ARRAY(SELECT version_num::text FROM {version} ORDER BY 1) AS heads,
       pg_catalog.pg_is_in_recovery() AS in_recovery"""
_OTHERS = f"CASE WHEN EXISTS (SELECT FROM {{version}}) THEN true ELSE {_HAS_TABLES} END AS has_tables"

# The separators that ASCII has for this: JSON says the same, and takes PostgreSQL twice as long.
_ITEM, _ROW, _FIELD = "\x1d", "\x1e", "\x1f"
# Whoever changes ledger_revision writes this into ledger_state.rows, in the same transaction: made anew for each look,
# it took four fifths of the look (docs/decisions/0016).
ROWS = """
(SELECT string_agg(concat_ws(chr(31), revision, state, array_to_string(digests, chr(29)),
                             array_to_string(breaks, chr(29)), coalesce(release, ''),
                             date_part('epoch', applied_at)), chr(30))
   FROM {schema}.ledger_revision WHERE history = {history})"""
# Says that the ledger is another one; without the copy, nobody would see how.
CHANGE = f"UPDATE {{schema}}.ledger_state SET change = change + 1, rows = {ROWS} WHERE history = {{history}}"
_LINES = "ARRAY(SELECT pg_catalog.unnest(pg_catalog.string_to_array({}, chr(30))) ORDER BY 1)"
IS_COPIED = f"""
SELECT {_LINES.format("rows")} = {_LINES.format(ROWS)} FROM {{schema}}.ledger_state WHERE history = {{history}}
"""
_LEDGER = "state.format, state.heads AS ledger_heads, state.change, state.rows"
FULL = f"SELECT {_HEADS}, {_LEDGER} FROM {{schema}}.ledger_state AS state WHERE history = {{history}}"
WITHOUT_VERSION = f"""
SELECT {_HEADS}, {_OTHERS}, {_LEDGER}
  FROM (SELECT) AS one LEFT JOIN {{schema}}.ledger_state AS state ON state.history = {{history}}
"""
VERSION_ONLY = f"SELECT {_HEADS}, {_OTHERS}"
TABLES_ONLY = f"""
SELECT NULL::text[] AS heads, {_HAS_TABLES} AS has_tables, pg_catalog.pg_is_in_recovery() AS in_recovery
"""

# What a reader asks at its heartbeat: a little, which moves whenever the snapshot would.
_MOVED = f"""{_HEADS},
       (SELECT change FROM {{schema}}.ledger_state WHERE history = {{history}}) AS change"""
MOVED = f"SELECT {_MOVED}"
# The same, in the statement that writes the reader's row (docs/decisions/0021). READ COMMITTED takes a statement's
# snapshot once it has its locks, so that whoever had to wait for the fence sees what the fence was for.
AS_IT_WRITES = f"""
RETURNING {_MOVED},
       pg_catalog.current_setting('transaction_isolation') = 'read committed' AS is_current,
       (SELECT reltuples FROM pg_catalog.pg_class WHERE oid = ledger_reader.tableoid) AS readers
"""


@cache
def statements(history: History) -> tuple[tuple[str, frozenset[str]], ...]:
    """Each statement with the SQLSTATEs on which the next one is to be tried; the last one has none."""
    return (
        (history.fill(FULL), frozenset({UNDEFINED_TABLE, INSUFFICIENT_PRIVILEGE})),
        (history.fill(WITHOUT_VERSION), frozenset({UNDEFINED_TABLE, INSUFFICIENT_PRIVILEGE})),
        (history.fill(VERSION_ONLY), frozenset({UNDEFINED_TABLE})),
        (history.fill(TABLES_ONLY), frozenset()),
    )


def parse(row: Mapping[str, Any] | None) -> Snapshot | None:
    """The Snapshot in the one row that a statement answers; None where the next one is to be asked."""
    if row is None:
        return None
    heads = row["heads"]
    has_tables = row.get("has_tables", True if heads else None)
    if has_tables is None:
        return None
    ledger: dict[str, Any] = {}
    if row.get("ledger_heads") is not None and row["format"] == FORMAT:
        rows = map(_row, row["rows"].split(_ROW)) if row["rows"] else ()
        ledger = {
            "ledger_heads": tuple(row["ledger_heads"]),
            "change": row["change"],
            "rows": {parsed.revision: parsed for parsed in rows},
        }
    return Snapshot(
        heads=None if heads is None else tuple(heads),
        has_tables=has_tables,
        in_recovery=row["in_recovery"],
        **ledger,
    )


# Almost all of them are the same at the next look, and in the next session's.
@lru_cache(maxsize=1024)
def _row(line: str) -> Row:
    revision, state, digests, breaks, release, applied_at = line.split(_FIELD)
    return Row(
        revision=revision,
        state=State(state),
        digests=_items(digests),
        breaks=tuple(map(Clause.parse, _items(breaks))),
        release=release or None,
        applied_at=datetime.fromtimestamp(float(applied_at), UTC),
    )


def _items(text: str) -> tuple[str, ...]:
    return tuple(text.split(_ITEM)) if text else ()
