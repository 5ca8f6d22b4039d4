"""Admission: what needs the database is turned away while the gate is shut, from the next request on."""

from collections.abc import Awaitable

from service.answers import GUARDS
from service.errors import MEDIA_TYPE, RETRY_AFTER, Kind, Problem, document
from service.gate.answers import Answer, App, Message, Receive, Scope, Send
from service.gate.gate import Gate
from service.gate.probes import described
from service.time_limit import TimeLimit

NEEDS_DATABASE = "/api/"


class Admission:
    """Lets a request pass while the gate is open, and gives it a deadline."""

    def __init__(self, app: App, gate: Gate, request_deadline_s: float) -> None:
        self._app = app
        self._gate = gate
        self._serving = gate.serving()
        self._limit = TimeLimit(request_deadline_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(NEEDS_DATABASE):
            await self._app(scope, receive, send)
            return
        started = False

        def noting(message: Message) -> Awaitable[None]:
            nonlocal started
            started = True
            return send(message)

        try:
            # The deadline counts from before the lease is looked at.
            with self._serving, self._limit.block():
                if self._gate.verdict.ready:
                    await self._app(scope, receive, noting)
                    return
        except TimeoutError:
            # The server cuts off a client that does not take what has begun; a second head would wait for it.
            if started:
                raise
            answer = unavailable(scope, f"the request took longer than {self._limit.seconds:g} s")
        else:
            answer = self._turned_away(scope)
        await answer.send(send)

    def _turned_away(self, scope: Scope) -> Answer:
        verdict = described(self._gate.verdict)
        return unavailable(scope, str(verdict.pop("reason")), **verdict)


def unavailable(scope: Scope, detail: str, **more: object) -> Answer:
    """A 503 as the API writes its other problems."""
    problem = Problem(Kind.UNAVAILABLE, detail, **more)
    headers = [RETRY_AFTER, *((name.decode(), value.decode()) for name, value in GUARDS)]
    return Answer.json(problem.kind.status, document(problem, scope["path"]), MEDIA_TYPE, headers)
