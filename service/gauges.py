"""What is read at the moment of a scrape: the gate, and the ledger as it was read last."""

from collections.abc import Iterator, Mapping
from itertools import groupby

from prometheus_client.core import GaugeMetricFamily

from db.contract.ledger import State
from db.contract.standing import Standing
from service.chronicle import Chronicle
from service.gate.gate import Gate

# What a step's event says of how it went, in base units.
FIGURES = {
    "duration_ms": ("calcio_migration_duration_seconds", "How long the newest step took", 1000),
    "lock_wait_ms": ("calcio_migration_lock_wait_seconds", "How long the newest step waited for locks", 1000),
    "tries": ("calcio_migration_attempts", "In how many tries the newest step was applied", 1),
}


def gauge(name: str, help_: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_, value=value)


def labelled(name: str, help_: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_, labels=[label])
    for text, value in values.items():
        family.add_metric([text], value)
    return family


def of_gate(gate: Gate) -> Iterator[GaugeMetricFamily]:
    verdict = gate.verdict
    standings = {standing.value: float(standing is verdict.standing) for standing in Standing}
    found, expected = (dict.fromkeys(heads, 1.0) for heads in (verdict.found, verdict.expected))
    yield labelled("calcio_schema_standing", "How the database stands to this image", "standing", standings)
    yield labelled("calcio_schema_found_info", "What alembic_version holds", "head", found)
    yield labelled("calcio_schema_expected_info", "What this image expects", "head", expected)
    yield labelled("calcio_schema_gate_info", "CALCIO_SCHEMA_GATE", "mode", {gate.config.mode: 1.0})
    yield gauge("calcio_schema_ready", "Whether the gate is open", verdict.ready)
    yield gauge(
        "calcio_schema_lease_seconds", "How long the gate stays open unanswered", gate.lease.remaining_s
    )


def of_ledger(chronicle: Chronicle) -> Iterator[GaugeMetricFamily]:
    by_release = groupby(chronicle.readers, lambda row: row["release"] or "unknown")
    readers = {release: sum(row["readers"] for row in rows) for release, rows in by_release}
    yield labelled("calcio_readers", "Processes that serve, by their release", "release", readers)
    applied = [step for step in chronicle.steps if step["state"] == State.APPLIED]
    for newest in applied[:1]:
        yield gauge(
            "calcio_migration_last_success_timestamp_seconds",
            "When the newest step was applied",
            newest["applied_at"].timestamp(),
        )
        for column, (name, help_, divisor) in FIGURES.items():
            if newest[column] is not None:
                yield labelled(name, help_, "revision", {newest["revision"]: newest[column] / divisor})
