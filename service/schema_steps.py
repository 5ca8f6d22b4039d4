"""The steps on the schema's page: what is under way, what is to come, and what was done."""

import json
from collections.abc import Iterator

from db.contract.ledger import State
from service.chronicle import Chronicle, Row
from service.markup import Html, fill, joined
from service.times import duration, moment

RUNNING = """<div class="panel running">
<div class="row"><strong class="id">{revision}</strong><span class="badge">{phase}</span><span>{doing}</span>
<span class="end">for {elapsed}</span></div>
{progress}</div>
"""
WAITING = """<div class="panel running">
<div class="row"><strong class="id">{revision}</strong><span class="badge warn">waits for a lock</span>
<span>in its way: {who}</span></div></div>
"""
PROGRESS = '<div class="row"><span>{command}: {phase}</span><span class="end">{percent} %</span></div>{bar}\n'
STEP = """<li class="{kind}">
<div class="row"><strong class="id">{revision}</strong><span class="badge">{phase}</span>{state}
<span class="end">{took}</span></div>
{bar}{told}</li>
"""
TOLD = '<div class="row muted"><span>{when}</span><span>{by}</span>{waited}</div>\n'
BAR = (
    '<svg class="bar" viewBox="0 0 1000 1" preserveAspectRatio="none" aria-hidden="true">'
    '<rect width="{width}" height="1"/></svg>'
)


def running(chronicle: Chronicle) -> Iterator[Html]:
    """The steps that are under way, with the progress of an index or a backfill, and what waits for a lock."""
    progress = joined(fill(PROGRESS, **row, bar=_bar(row["percent"], 100)) for row in chronicle.progress)
    for step in chronicle.moving:
        # The step began by the server's clock, and this one may be behind it.
        elapsed_ms = max(0.0, (chronicle.at - step["applied_at"]).total_seconds() * 1000)
        yield fill(
            RUNNING,
            revision=step["revision"],
            phase=step["phase"],
            doing=step["state"],
            elapsed=duration(elapsed_ms),
            progress=progress,
        )
    for wait in chronicle.waits:
        yield fill(WAITING, revision=wait["revision"], who=_listed(wait["blockers"]) or "nobody was seen")


def timeline(chronicle: Chronicle) -> Iterator[Html]:
    """What is to come, then what was done, the newest first."""
    longest_ms = max((step["duration_ms"] or 0 for step in chronicle.newest), default=0)
    for revision in chronicle.pending:
        yield fill(
            STEP,
            kind="pending",
            revision=revision.revision,
            phase=revision.phase,
            state=Html('<span class="badge warn">to come</span>'),
            took="",
            bar="",
            told="",
        )
    for step in chronicle.newest:
        yield _step(step, longest_ms)


def _step(step: Row, longest_ms: int) -> Html:
    took_ms, moves = step["duration_ms"], step["state"] != State.APPLIED
    return fill(
        STEP,
        kind="moving" if moves else "",
        revision=step["revision"],
        phase=step["phase"],
        state=fill('<span class="badge warn">{state}</span>', state=step["state"]) if moves else "",
        took="" if took_ms is None else duration(took_ms),
        bar="" if took_ms is None else _bar(took_ms, longest_ms),
        told=fill(
            TOLD,
            when=moment(step["applied_at"]),
            by=f"release {step['release'] or 'unknown'}"
            + ("" if step["source"] == "step" else f", {step['source']}"),
            waited=joined(_waited(step)),
        ),
    )


def _waited(step: Row) -> Iterator[Html]:
    if step["lock_wait_ms"]:
        yield fill("<span>waited {time} for locks</span>", time=duration(step["lock_wait_ms"]))
    if (step["tries"] or 1) > 1:
        yield fill("<span>{tries} tries</span>", tries=step["tries"])
    if who := _listed(step["blockers"]):
        yield fill("<span>in its way: {who}</span>", who=who)


def _listed(blockers: str | None) -> str:
    return "; ".join(map(str, json.loads(blockers or "[]")))


def _bar(value: float, longest: float) -> Html:
    # A step that took next to nothing is still seen.
    return fill(BAR, width=round(max(4, 1000 * value / max(longest, 1))))
