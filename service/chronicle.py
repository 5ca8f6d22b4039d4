"""What the ledger tells people: the steps that made the schema, what happened to it, who reads it, what differs."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from db.contract.ledger import State
from db.contract.lineage import Lineage, Revision
from db.contract.value import Value, replace
from service.gate.gate import Gate

# All of them: to tell what is to come, and what was edited, takes the whole history.
# Of a step's events the newest tells how it went.
STEPS = """
SELECT step.revision, phase, state, source, step.release, applied_at, duration_ms, digests,
       (detail ->> 'tries')::int AS tries, (detail ->> 'lock_wait_ms')::float8 AS lock_wait_ms,
       (detail -> 'blockers')::text AS blockers
  FROM {schema}.ledger_revision AS step
  LEFT JOIN (
    SELECT DISTINCT ON (revision) revision, detail FROM {schema}.ledger_event
     WHERE history = {history} AND revision IS NOT NULL
       AND operation NOT IN ('outcome', 'lock-wait', 'progress')
     ORDER BY revision, seq DESC
  ) AS told ON told.revision = step.revision
 WHERE history = {history}
 ORDER BY state = 'applied', applied_at DESC, step.revision DESC
"""
EVENTS = """
SELECT at, operation, revision, release, actor, detail::text AS detail
  FROM {schema}.ledger_event WHERE history = {history} AND operation NOT IN ('lock-wait', 'progress')
 ORDER BY seq DESC LIMIT 20
"""
# A run that waits says so every 5 s, and pauses between its tries for 5 s at most: what is older is over.
WAITS = """
SELECT revision, (detail -> 'blockers')::text AS blockers FROM {schema}.ledger_event
 WHERE operation = 'lock-wait' AND at > pg_catalog.clock_timestamp() - interval '15 s'
   AND seq = (SELECT max(seq) FROM {schema}.ledger_event WHERE history = {history} AND operation <> 'progress')
"""
READERS = """
SELECT release, heads, count(*) AS readers,
       extract(epoch FROM min(expires_at) - pg_catalog.clock_timestamp())::float8 AS shortest_lease_s,
       extract(epoch FROM max(expires_at) - pg_catalog.clock_timestamp())::float8 AS longest_lease_s
  FROM {schema}.ledger_reader
 WHERE history = {history} AND expires_at > pg_catalog.clock_timestamp()
 GROUP BY release, heads ORDER BY release, heads
"""
# Of an index only where this role may read others' statistics: with pg_read_all_stats. Of a backfill always.
PROGRESS = """
SELECT command, phase, round(100.0 * blocks_done / nullif(blocks_total, 0))::int AS percent
  FROM pg_catalog.pg_stat_progress_create_index
 WHERE datname = pg_catalog.current_database() AND blocks_total > 0
 UNION ALL
SELECT 'backfill of ' || (detail ->> 'table'),
       pg_catalog.format('%s of about %s rows, %s a second', detail ->> 'rows', detail ->> 'rows_estimated',
                         detail ->> 'per_s'),
       round(100 * (detail ->> 'rows')::numeric / (detail ->> 'rows_estimated')::numeric)::int
  FROM {schema}.ledger_revision AS step
 CROSS JOIN LATERAL (
    SELECT detail FROM {schema}.ledger_event AS event
     WHERE event.history = {history} AND operation = 'progress' AND event.revision = step.revision
       AND at >= applied_at
     ORDER BY seq DESC LIMIT 1
 ) AS last
 WHERE history = {history} AND state <> 'applied'
"""
LEFT = """
SELECT 'index ' || relname || ' is invalid' AS what
  FROM pg_catalog.pg_index JOIN pg_catalog.pg_class ON pg_class.oid = indexrelid
 WHERE NOT indisvalid
   AND relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = {schema_name})
 UNION ALL
SELECT 'constraint ' || conname || ' is not validated'
  FROM pg_catalog.pg_constraint
 WHERE NOT convalidated
   AND connamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = {schema_name})
 ORDER BY 1
"""

STEPS_SHOWN = 200

Row = Mapping[str, Any]


class Chronicle(Value):
    """The ledger as a person reads it: the newest first."""

    at: datetime
    image: Lineage
    steps: Sequence[Row]
    events: Sequence[Row]
    readers: Sequence[Row]
    waits: Sequence[Row]
    progress: Sequence[Row]
    left: Sequence[Row]

    @property
    def newest(self) -> Sequence[Row]:
        """The steps that are shown: those under way, and of the others the newest."""
        return self.steps[:STEPS_SHOWN]

    @property
    def moving(self) -> list[Row]:
        """The steps that are under way."""
        return [step for step in self.steps if step["state"] != State.APPLIED]

    @property
    def is_moving(self) -> bool:
        """Whether a step is under way, or waits to be."""
        return bool(self.moving or self.waits)

    @property
    def pending(self) -> list[Revision]:
        """What this image knows and the ledger does not, the last to be applied first."""
        there = {step["revision"] for step in self.steps}
        replaced = {one for revision in self.image.revisions.values() for one in revision.replaces}
        return [
            revision
            for id_, revision in reversed([*self.image.revisions.items()])
            if id_ not in there | replaced and not (revision.replaces and there.issuperset(revision.replaces))
        ]

    @property
    def drift(self) -> list[str]:
        """What is not as the history says it should be, a sentence each."""
        return [*self._edited(), *(row["what"] for row in self.left if not self.is_moving)]

    def _edited(self) -> Iterator[str]:
        for step in self.steps:
            known = self.image.revisions.get(step["revision"])
            if known and step["digests"] and known.digest not in step["digests"]:
                yield f"revision {step['revision']} was edited since it was applied"


async def read_chronicle(gate: Gate) -> Chronicle:
    """Ask over the gate's own connection, whose statements have a short timeout."""
    chronicle = Chronicle(
        datetime.now(UTC),
        gate.config.image,
        *[await gate.ask(sql) for sql in (STEPS, EVENTS, READERS, WAITS, PROGRESS, LEFT)],
    )
    readers = [_with_renewals(row, gate.config.lease_s) for row in chronicle.readers]
    return replace(chronicle, readers=readers)


def _with_renewals(row: Row, lease_s: float) -> Row:
    """A release's readers, and how long ago the last and the first of them renewed their leases."""
    # The ledger says when a lease ends; how long it is, all images are told alike.
    newest, oldest = (max(0.0, lease_s - row[name]) for name in ("longest_lease_s", "shortest_lease_s"))
    return {**row, "newest_renewal_s": newest, "oldest_renewal_s": oldest}
