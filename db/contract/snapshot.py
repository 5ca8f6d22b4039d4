"""The statements that take a Snapshot, for any driver: none of them has a parameter.

The first one reads everything at once, so that version and ledger come from one snapshot of PostgreSQL's.
Where the ledger is not there (42P01) or not for this role (42501) the second one reads the version alone,
and where there is no version table (42P01) the third one looks for other tables.
"""

import json
from collections.abc import Mapping
from datetime import datetime
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
_HEADS = f"""
       ARRAY(SELECT version_num::text FROM {{version}} ORDER BY 1) AS heads,
       CASE WHEN EXISTS (SELECT FROM {{version}}) THEN true ELSE {_HAS_TABLES} END AS has_tables,
       pg_catalog.pg_is_in_recovery() AS in_recovery"""

FULL = f"""
SELECT {_HEADS}, state.format, state.heads AS ledger_heads, state.change,
       (SELECT json_agg(json_build_array(revision, state, digests, breaks, release, applied_at))
          FROM {{schema}}.ledger_revision WHERE history = {{history}})::text AS rows
  FROM (SELECT) AS one LEFT JOIN {{schema}}.ledger_state AS state ON state.history = {{history}}
"""
VERSION_ONLY = f"SELECT {_HEADS}"
TABLES_ONLY = f"""
SELECT NULL::text[] AS heads, {_HAS_TABLES} AS has_tables, pg_catalog.pg_is_in_recovery() AS in_recovery
"""

# What a reader asks at its heartbeat: one small row, which moves whenever the snapshot would.
MOVED = """
SELECT ARRAY(SELECT version_num::text FROM {version} ORDER BY 1) AS heads,
       (SELECT change FROM {schema}.ledger_state WHERE history = {history}) AS change,
       pg_catalog.pg_is_in_recovery() AS in_recovery
"""


def statements(history: History) -> tuple[tuple[str, frozenset[str]], ...]:
    """Each statement with the SQLSTATEs on which the next one is to be tried; the last one has none."""
    return (
        (history.fill(FULL), frozenset({UNDEFINED_TABLE, INSUFFICIENT_PRIVILEGE})),
        (history.fill(VERSION_ONLY), frozenset({UNDEFINED_TABLE})),
        (history.fill(TABLES_ONLY), frozenset()),
    )


def parse(row: Mapping[str, Any]) -> Snapshot:
    """The Snapshot in the one row that any of the statements answers."""
    heads = row["heads"]
    look = Snapshot(
        heads=None if heads is None else tuple(heads),
        has_tables=row["has_tables"],
        in_recovery=row["in_recovery"],
    )
    if row.get("ledger_heads") is None or row["format"] != FORMAT:
        return look
    return Snapshot(
        heads=look.heads,
        has_tables=look.has_tables,
        in_recovery=look.in_recovery,
        ledger_heads=tuple(row["ledger_heads"]),
        change=row["change"],
        rows={parsed.revision: parsed for parsed in map(_row, json.loads(row["rows"] or "[]"))},
    )


def _row(values: list[Any]) -> Row:
    revision, state, digests, breaks, release, applied_at = values
    return Row(
        revision=revision,
        state=State(state),
        digests=tuple(digests),
        breaks=tuple(map(Clause.parse, breaks)),
        release=release,
        applied_at=None if applied_at is None else datetime.fromisoformat(applied_at),
    )
