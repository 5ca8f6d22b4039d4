"""/metrics of a gate: what Prometheus scrapes; the ledger feeds the Job's figures, so that nothing has to be pushed."""

import logging
import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from service import gauges
from service.chronicle import Chronicle, read_chronicle
from service.gate.answers import Answer, Receive, Scope, Send
from service.gate.gate import Gate
from service.gate.trouble import NO_ANSWER, in_words

# The ledger is read no more often than this, and more seldom where many processes would read it.
LEDGER_EVERY_S = 15.0
READERS_A_SECOND = 10.0

log = logging.getLogger(__name__)


class SchemaMetrics(Collector):
    """Answers /metrics with the gate, the ledger and this process."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._chronicle: Chronicle | None = None
        self._read_at = float("-inf")
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def collect(self) -> Iterator[Metric]:
        """Give what is read at the moment of a scrape."""
        yield from gauges.of_gate(self._gate)
        if self._chronicle is not None:
            yield from gauges.of_ledger(self._chronicle)

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await self._read_ledger()
        await Answer.of(200, CONTENT_TYPE_LATEST, generate_latest(self._registry)).send(send)

    async def _read_ledger(self) -> None:
        every_s = max(LEDGER_EVERY_S, self._gate.crowd / READERS_A_SECOND)
        if time.monotonic() - self._read_at < every_s:
            return
        try:
            self._chronicle = await read_chronicle(self._gate)
            self._read_at = time.monotonic()
        except NO_ANSWER as error:
            log.warning("the figures of the ledger are old: %s", in_words(error))
