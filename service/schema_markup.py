"""The schema's page as HTML: how the schema stands, its steps, who reads, what differs, what happened."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from db.contract.standing import Standing, listed
from service.chronicle import Chronicle, Row
from service.gate.verdict import Verdict
from service.markup import Html, fill, joined
from service.schema_assets import CSS, SCRIPT
from service.schema_steps import running, timeline
from service.times import moment

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
EVENT = """<li><div class="row"><strong>{operation}</strong><span class="id">{revision}</span>
<span class="end muted">{at}</span></div><small>{actor}{detail}</small></li>
"""
READERS = """<table>
<thead><tr><th scope="col">Release</th><th scope="col">Expects</th><th scope="col">Readers</th>
<th scope="col">Renewed</th><th scope="col">Lease left</th></tr></thead>
<tbody>
{rows}</tbody>
</table>"""
READER = """<tr><td>{release}</td><td class="id">{heads}</td><td>{readers}</td>
<td>{renewed} ago</td><td>{left}</td></tr>
"""
DRIFT = '<div class="panel row"><span class="badge bad">drift</span><span>{what}</span></div>\n'
NO_DRIFT = (
    "<p>None: no edited revision, no invalid index, no constraint left unvalidated."
    " <code>python -m db verify</code> compares the rest.</p>"
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
    # The script keeps what was opened, and finds it here too.
    return fill("<p>The ledger is not shown: {why}</p><details hidden></details>", why=trouble)


def sections(chronicle: Chronicle) -> Html:
    parts = {
        "Under way": joined(running(chronicle)),
        "Steps": fill('<ol class="steps">\n{items}</ol>', items=joined(timeline(chronicle))),
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


def _readers(readers: Iterable[Row]) -> Html:
    rows = joined(
        fill(
            READER,
            release=row["release"] or "unknown",
            heads=listed(row["heads"]),
            readers=row["readers"],
            renewed=_span_s(row["newest_renewal_s"], row["oldest_renewal_s"]),
            left=_span_s(row["shortest_lease_s"], row["longest_lease_s"]),
        )
        for row in readers
    )
    return fill(READERS, rows=rows) if rows else Html("<p>None.</p>")


def _span_s(least: float, most: float) -> str:
    return f"{most:.0f} s" if round(least) == round(most) else f"{least:.0f} to {most:.0f} s"


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
