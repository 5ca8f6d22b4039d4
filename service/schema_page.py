"""/schema: how the schema stands, for a person with a browser or a phone, or as JSON."""

import json
from datetime import datetime

from service.chronicle import Chronicle, Row, read_chronicle
from service.gate.answers import JSON, Answer, Receive, Scope, Send, wants_json
from service.gate.gate import Gate
from service.gate.probes import described
from service.gate.trouble import NO_ANSWER, in_words
from service.page_style import NO_REFERRER, NOSNIFF, policy
from service.schema_assets import CSS, SCRIPT
from service.schema_markup import page

HEADERS = [policy(CSS, SCRIPT), NOSNIFF, NO_REFERRER, ("vary", "accept")]
HTML = "text/html; charset=utf-8"


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
        await self._answer(chronicle, trouble, as_json=wants_json(scope)).send(send)

    def _answer(self, chronicle: Chronicle | None, trouble: str, *, as_json: bool) -> Answer:
        verdict, lease_s = self._gate.verdict, self._gate.lease.remaining_s
        if not as_json:
            html = page(verdict, self._gate.config.release, lease_s, chronicle, trouble)
            return Answer.of(200, HTML, html.encode(), HEADERS)
        document = {
            "ready": verdict.ready,
            **described(verdict),
            "lease_s": round(lease_s, 1),
            **of_ledger(chronicle),
            "trouble": trouble or None,
        }
        return Answer.of(200, JSON, json.dumps(document, default=_isoformat).encode(), HEADERS)


def of_ledger(chronicle: Chronicle | None) -> dict[str, object]:
    """What the page shows of the ledger; null where it was not read."""
    if chronicle is None:
        return dict.fromkeys(("steps", "pending", "events", "readers", "waits", "progress", "drift"))
    return {
        "steps": [_decoded(step, "blockers") for step in chronicle.newest],
        "pending": [revision.revision for revision in chronicle.pending],
        "events": [_decoded(event, "detail") for event in chronicle.events],
        "readers": chronicle.readers,
        "waits": [_decoded(wait, "blockers") for wait in chronicle.waits],
        "progress": chronicle.progress,
        "drift": chronicle.drift,
    }


def _decoded(row: Row, column: str) -> Row:
    return {**row, column: row[column] and json.loads(row[column])}


def _isoformat(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
