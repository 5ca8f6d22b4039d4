"""What the ledger tells people: the steps that made the schema, what happened to it, and who reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from db.contract.ledger import State
from service.gate.gate import Gate

STEPS = """
SELECT revision, phase, state, source, release, applied_at, duration_ms
  FROM {schema}.ledger_revision WHERE history = {history}
 ORDER BY applied_at DESC, revision DESC LIMIT 200
"""
EVENTS = """
SELECT at, operation, revision, release, actor, detail::text AS detail
  FROM {schema}.ledger_event WHERE history = {history}
 ORDER BY seq DESC LIMIT 20
"""
READERS = """
SELECT release, heads, count(*) AS readers,
       extract(epoch FROM min(expires_at - pg_catalog.clock_timestamp()))::float8 AS shortest_lease_s
  FROM {schema}.ledger_reader
 WHERE history = {history} AND expires_at > pg_catalog.clock_timestamp()
 GROUP BY release, heads ORDER BY release, heads
"""
PROGRESS = """
SELECT command, phase, round(100.0 * blocks_done / nullif(blocks_total, 0))::int AS percent
  FROM pg_catalog.pg_stat_progress_create_index
 WHERE datname = pg_catalog.current_database() AND blocks_total > 0
"""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Chronicle:
    """The ledger as a person reads it: the newest first."""

    steps: list[Row]
    events: list[Row]
    readers: list[Row]
    progress: list[Row]

    @property
    def is_moving(self) -> bool:
        """Whether a step is under way."""
        return any(step["state"] != State.APPLIED for step in self.steps)


async def read_chronicle(gate: Gate) -> Chronicle:
    """Ask over the gate's own connection, whose statements have a short timeout."""
    return Chronicle(
        await gate.ask(STEPS), await gate.ask(EVENTS), await gate.ask(READERS), await gate.ask(PROGRESS)
    )
