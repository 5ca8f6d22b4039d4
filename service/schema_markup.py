"""The schema's page as HTML: what is, what is under way, what was done, who reads."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from db.contract.ledger import State
from db.contract.standing import Standing, listed
from service.chronicle import Chronicle, Row
from service.gate.verdict import Verdict
from service.markup import Html, fill, joined
from service.schema_look import CSS, SCRIPT

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<noscript><meta http-equiv="refresh" content="5"></noscript>
<title>Schema {standing}</title>
<style>{css}</style>
</head>
<body>
<main{moving}>
<header>
<p class="over muted">Schema of release {release}</p>
<h1>{heading}</h1>
<span class="badge {mood}">{ready}</span>
</header>
<p class="reason">{reason}</p>
<dl class="facts">
<div><dt>Found</dt><dd class="id">{found}</dd></div>
<div><dt>Expected</dt><dd class="id">{expected}</dd></div>
<div><dt>Since</dt><dd>{since}</dd></div>
<div><dt>Lease</dt><dd>{lease_s} s</dd></div>
</dl>
{chronicle}
<footer class="muted"><span id="live">This page looks again every 5 seconds.</span>
As of {now}.</footer>
</main>
<script>{script}</script>
</body>
</html>
"""
SECTION = "<section>\n<h2>{title}</h2>\n{content}\n</section>\n"
EVENTS = (
    '<details>\n<summary>Events, the newest first</summary>\n<ol class="events">\n{items}</ol>\n</details>\n'
)
RUNNING = """<div class="panel running">
<div class="row"><strong class="id">{revision}</strong><span class="badge">{phase}</span><span>{doing}</span>
<span class="end">for {elapsed}</span></div>
{progress}</div>
"""
PROGRESS = '<div class="row"><span>{command}: {phase}</span><span class="end">{percent} %</span></div>{bar}\n'
STEP = """<li class="{kind}">
<div class="row"><strong class="id">{revision}</strong><span class="badge">{phase}</span>{state}
<span class="end">{took}</span></div>
{bar}{told}</li>
"""
TOLD = '<div class="row muted"><span>{when}</span><span>{by}</span>{waited}</div>\n'
EVENT = """<li><div class="row"><strong>{operation}</strong><span class="id">{revision}</span>
<span class="end muted">{at}</span></div><small>{actor}{detail}</small></li>
"""
READERS = """<table>
<thead><tr><th scope="col">Release</th><th scope="col">Expects</th><th scope="col">Readers</th>
<th scope="col">Shortest lease</th></tr></thead>
<tbody>
{rows}</tbody>
</table>"""
READER = '<tr><td>{release}</td><td class="id">{heads}</td><td>{readers}</td><td>{lease}</td></tr>\n'
DRIFT = '<div class="panel row"><span class="badge bad">drift</span><span>{what}</span></div>\n'
NO_DRIFT = (
    "<p>None: no edited revision, no invalid index, no constraint left unvalidated."
    " <code>python -m db verify</code> compares the rest.</p>"
)
BAR = (
    '<svg class="bar" viewBox="0 0 1000 1" preserveAspectRatio="none" aria-hidden="true">'
    '<rect width="{width}" height="1"/></svg>'
)
MOODS = {Standing.AT_HEAD: "good", Standing.AHEAD: "good", Standing.UNFINISHED: "warn"}


def page(verdict: Verdict, release: str, lease_s: float, chronicle: Chronicle | None, trouble: str) -> Html:
    """The whole document; without a chronicle it says by `trouble` why there is none."""
    standing = (verdict.standing or "unknown").replace("_", " ")
    moves = chronicle is None or chronicle.is_moving or not verdict.ready
    return fill(
        PAGE,
        css=Html(CSS),
        script=Html(SCRIPT),
        moving=Html(' data-moving="yes"' if moves else ""),
        standing=f"{standing}, {listed(verdict.found)}",
        release=release,
        heading=standing.capitalize(),
        mood=MOODS.get(verdict.standing, "warn") if verdict.ready and verdict.standing else "bad",
        ready="takes traffic" if verdict.ready else "takes no traffic",
        reason=verdict.reason,
        found=listed(verdict.found),
        expected=listed(verdict.expected),
        since=moment(verdict.since),
        lease_s=f"{lease_s:.0f}",
        chronicle=sections(chronicle) if chronicle else unread(trouble),
        now=moment(datetime.now(UTC)),
    )


def unread(trouble: str) -> Html:
    return fill("<p>The ledger is not shown: {why}</p><details hidden></details>", why=trouble)


def sections(chronicle: Chronicle) -> Html:
    parts = {
        "Under way": joined(_running(chronicle)),
        "Steps": fill('<ol class="steps">\n{items}</ol>', items=joined(_steps(chronicle))),
        "Readers": _readers(chronicle.readers),
        "Drift": joined(fill(DRIFT, what=what) for what in chronicle.drift) or Html(NO_DRIFT),
    }
    events = fill(EVENTS, items=joined(map(_event, chronicle.events)))
    return joined(
        [
            *(fill(SECTION, title=title, content=content) for title, content in parts.items() if content),
            events,
        ]
    )


def _running(chronicle: Chronicle) -> Iterator[Html]:
    progress = joined(fill(PROGRESS, **row, bar=_bar(row["percent"], 100)) for row in chronicle.progress)
    for step in chronicle.moving:
        elapsed = duration((chronicle.at - step["applied_at"]).total_seconds() * 1000)
        yield fill(
            RUNNING,
            revision=step["revision"],
            phase=step["phase"],
            doing=step["state"],
            elapsed=elapsed,
            progress=progress,
        )


def _steps(chronicle: Chronicle) -> Iterator[Html]:
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
    if blockers := json.loads(step["blockers"] or "[]"):
        yield fill("<span>in its way: {who}</span>", who="; ".join(map(str, blockers)))


def _readers(readers: Iterable[Row]) -> Html:
    rows = joined(
        fill(
            READER,
            release=row["release"] or "unknown",
            heads=listed(row["heads"]),
            readers=row["readers"],
            lease=f"{row['shortest_lease_s']:.0f} s",
        )
        for row in readers
    )
    return fill(READERS, rows=rows) if rows else Html("<p>None.</p>")


def _event(row: Row) -> Html:
    detail = "; ".join(f"{key} {_text(value)}" for key, value in json.loads(row["detail"]).items())
    return fill(
        EVENT,
        operation=row["operation"],
        revision=row["revision"] or "",
        at=moment(row["at"]),
        actor=row["actor"],
        detail=f": {detail}" if detail else "",
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _bar(value: float, longest: float) -> Html:
    # A step that took next to nothing is still seen.
    return fill(BAR, width=round(max(4, 1000 * value / max(longest, 1))))


def duration(milliseconds: float) -> str:
    """A time as people say it: 12 ms, 3.4 s, 5 min 6 s, 2 h 3 min."""
    seconds = milliseconds / 1000
    if seconds < 1:
        return f"{milliseconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def moment(at: datetime) -> Html:
    return fill(
        '<time datetime="{iso}">{text}</time>', iso=at.isoformat(), text=f"{at:%Y-%m-%d %H:%M:%S} UTC"
    )
