"""/schema: how the schema stands, for a person with a browser or a phone, or as JSON."""

import json
from base64 import b64encode
from datetime import datetime
from hashlib import sha256

from db.contract.standing import listed
from service.chronicle import Chronicle, Row, read_chronicle
from service.gate.answers import JSON, Answer, Receive, Scope, Send, wants_json
from service.gate.gate import Gate
from service.gate.probes import described
from service.gate.trouble import NO_ANSWER, in_words
from service.gate.verdict import Verdict
from service.markup import Html, fill, joined

CSS = """
:root { color-scheme: light dark; --edge: #8886; --good: #1a7f37; --bad: #cf222e }
@media (prefers-color-scheme: dark) { :root { --good: #3fb950; --bad: #ff7b72 } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem }
h1 { font-size: 1.25rem } h2 { font-size: 1rem; margin-top: 2rem }
.ready { color: var(--good) } .not-ready { color: var(--bad) }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0 }
dd { margin: 0; overflow-wrap: anywhere }
ol { list-style: none; padding: 0 }
li { border-top: 1px solid var(--edge); padding: .5rem 0; overflow-wrap: anywhere }
li > * { margin-right: .75rem } meter { width: 6rem; vertical-align: middle }
small { opacity: .8 }
"""
HEADERS = [
    (
        "content-security-policy",
        f"default-src 'none'; style-src 'sha256-{b64encode(sha256(CSS.encode()).digest()).decode()}';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("vary", "accept"),
]
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{refresh}<title>Schema: {standing}</title>
<style>{css}</style>
</head>
<body>
<main>
<h1 class="{mood}">Schema {standing}, {ready}</h1>
<p>{reason}</p>
<dl>
<dt>found</dt><dd>{found}</dd>
<dt>expected</dt><dd>{expected}</dd>
<dt>since</dt><dd>{since}</dd>
<dt>lease</dt><dd>{lease_s} s</dd>
</dl>
{chronicle}
</main>
</body>
</html>
"""
SECTION = "<section>\n<h2>{title}</h2>\n{content}\n</section>\n"
STEP = (
    "<li><strong>{revision}</strong><span>{phase}</span><span>{state}</span><span>release {release}</span>"
    '{at}<meter min="0" max="{longest}" value="{value}"></meter><span>{duration}</span></li>\n'
)
EVENT = "<li>{at}<strong>{operation}</strong><span>{revision}</span><span>{actor}</span><small>{detail}</small></li>\n"
READER = (
    "<li><strong>release {release}</strong><span>{readers} at {heads}</span><small>{lease}</small></li>\n"
)
PROGRESS = (
    "<li><strong>{command}</strong><span>{phase}</span>"
    '<meter min="0" max="100" value="{percent}"></meter></li>\n'
)


class SchemaPage:
    """Answers /schema."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        chronicle, trouble = None, ""
        try:
            chronicle = await read_chronicle(self._gate)
        except NO_ANSWER as error:
            trouble = in_words(error)
        render = as_json if wants_json(scope) else as_html
        await render(self._gate.verdict, self._gate.lease.remaining_s, chronicle, trouble).send(send)


def as_json(verdict: Verdict, lease_s: float, chronicle: Chronicle | None, trouble: str) -> Answer:
    """Everything that the page shows."""
    document = {
        "ready": verdict.ready,
        **described(verdict),
        "lease_s": round(lease_s, 1),
        "steps": chronicle.steps if chronicle else None,
        "events": [with_detail(event) for event in chronicle.events] if chronicle else None,
        "readers": chronicle.readers if chronicle else None,
        "progress": chronicle.progress if chronicle else None,
        "trouble": trouble or None,
    }
    return Answer.of(200, JSON, json.dumps(document, default=_isoformat).encode(), HEADERS)


def as_html(verdict: Verdict, lease_s: float, chronicle: Chronicle | None, trouble: str) -> Answer:
    """A page without a script, that loads nothing and looks again by itself while something moves."""
    moves = chronicle is None or chronicle.is_moving or not verdict.ready
    page = fill(
        PAGE,
        refresh=Html('<meta http-equiv="refresh" content="5">\n' if moves else ""),
        css=Html(CSS),
        mood="ready" if verdict.ready else "not-ready",
        standing=(verdict.standing or "unknown").replace("_", " "),
        ready="takes traffic" if verdict.ready else "takes no traffic",
        reason=verdict.reason,
        found=listed(verdict.found),
        expected=listed(verdict.expected),
        since=moment(verdict.since),
        lease_s=f"{lease_s:.0f}",
        chronicle=sections(chronicle)
        if chronicle
        else fill("<p>The ledger is not shown: {why}</p>", why=trouble),
    )
    return Answer.of(200, "text/html; charset=utf-8", page.encode(), HEADERS)


def sections(chronicle: Chronicle) -> Html:
    longest = max((step["duration_ms"] or 0 for step in chronicle.steps), default=0)
    lists = {
        "Under way": [fill(PROGRESS, **row) for row in chronicle.progress],
        "Readers": [reader(row) for row in chronicle.readers],
        "Steps, the newest first": [step(row, longest) for row in chronicle.steps],
        "Events, the newest first": [event(row) for row in chronicle.events],
    }
    return joined(
        fill(SECTION, title=title, content=fill("<ol>\n{items}</ol>", items=joined(items)))
        for title, items in lists.items()
        if items
    )


def step(row: Row, longest_ms: int) -> Html:
    duration_ms = row["duration_ms"]
    return fill(
        STEP,
        **{**row, "release": row["release"] or "unknown"},
        at=moment(row["applied_at"]),
        longest=max(longest_ms, 1),
        value=duration_ms or 0,
        duration="" if duration_ms is None else f"{duration_ms} ms",
    )


def event(row: Row) -> Html:
    return fill(EVENT, **{**row, "at": moment(row["at"]), "revision": row["revision"] or ""})


def reader(row: Row) -> Html:
    lease = f"shortest lease {row['shortest_lease_s']:.0f} s"
    return fill(
        READER,
        release=row["release"] or "unknown",
        readers=row["readers"],
        heads=listed(row["heads"]),
        lease=lease,
    )


def moment(at: datetime) -> Html:
    return fill(
        '<time datetime="{iso}">{text}</time>', iso=at.isoformat(), text=f"{at:%Y-%m-%d %H:%M:%S} UTC"
    )


def with_detail(row: Row) -> Row:
    return {**row, "detail": json.loads(row["detail"])}


def _isoformat(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
