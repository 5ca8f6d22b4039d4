"""/metrics without what makes them, until somebody asks."""

from service.gate.answers import App, Receive, Scope, Send
from service.gate.gate import Gate
from service.pool import Pool
from service.tally import Tally


class Scraped:
    """Answers /metrics by what `service.later` has imported, or else by what the first scrape imports."""

    def __init__(self, gate: Gate, tally: Tally) -> None:
        self._gate = gate
        self._tally = tally
        self._answer: App | None = None
        self.pool: Pool  # set before anybody can ask

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._answer is None:
            from service.metrics import Metrics

            self._answer = Metrics(self._gate, self._tally, self.pool)
        await self._answer(scope, receive, send)
