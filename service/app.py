"""Puts the service together: the API behind the gate on one port, management on the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import TypedDict
from uuid import uuid4

import asyncpg
from starlette.applications import Starlette

from db.contract.lineage import Lineage
from db.contract.names import History
from db.contract.url import DatabaseUrl
from service.gate.admission import Admission
from service.gate.answers import App
from service.gate.connecting import application_name
from service.gate.gate import Gate, GateConfig
from service.gate.lease import Lease
from service.gate.probes import Readiness, answer_ok
from service.gate.session import Reader
from service.gate.verdict import Mode
from service.management import Management, Ports
from service.pool import SharedSessions, make_pool
from service.settings import ServiceSettings
from service.shutdown import Shutdown


class State(TypedDict):
    """What a request finds in `request.state`."""

    pool: asyncpg.Pool


def create_app(settings: ServiceSettings, url: DatabaseUrl, gate_url: DatabaseUrl, image: Lineage) -> App:
    """The ASGI application; connections are opened, and tasks begun, in its lifespan."""
    gate = make_gate(settings, gate_url, image)
    shutdown = Shutdown(settings.drain_s)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[State]:
        name = application_name("service", image.heads, settings.pod_name)
        # The gate leaves last: while a session of the pool lives, contracts have to wait for us.
        async with kept_true(gate), make_pool(url.for_asyncpg(), name, settings, gate) as pool:
            gate.sessions = SharedSessions(pool)
            with shutdown.intercepted():
                yield {"pool": pool}

    api = Starlette(lifespan=lifespan)
    management = Management(
        {
            "/livez": answer_ok,
            "/readyz": Readiness(gate, lambda: shutdown.has_begun),
            "/startupz": answer_ok,
        }
    )
    return Ports(Admission(api, gate, settings.request_deadline_s), management, settings.management_port)


def make_gate(settings: ServiceSettings, url: DatabaseUrl, image: Lineage) -> Gate:
    """The gate of this process, not yet running."""
    reader = Reader(
        uuid4(), settings.pod_name, settings.release, image.heads, timedelta(seconds=settings.lease_s)
    )
    config = GateConfig(
        image,
        History(settings.schema),
        reader,
        url.for_asyncpg(),
        Mode(settings.schema_gate),
        settings.heartbeat_s,
        settings.gate_listen,
    )
    return Gate(config, Lease(settings.lease_s, settings.margin_s))


@asynccontextmanager
async def kept_true(gate: Gate) -> AsyncIterator[None]:
    """Run the gate while the block runs."""
    running = asyncio.create_task(gate.run(), name="gate")
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
