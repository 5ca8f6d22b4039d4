"""Puts the service together: the API behind the gate on one port, management on the other."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TypedDict

from starlette.applications import Starlette

from db.contract.lineage import Lineage
from db.contract.standing import listed
from db.contract.url import DatabaseUrl
from service.access_log import AccessLog
from service.admission import Admission
from service.answers import Answer
from service.api import make_api
from service.auth import Auth
from service.connections import SharedSessions, make_pool, opened
from service.gate.answers import App
from service.gate.connecting import application_name
from service.gate.gate import Gate
from service.gate.making import make_gate
from service.gate.probes import Readiness, answer_ok
from service.gate.rounds import kept_true
from service.gathering import Gathering
from service.keys import verifier
from service.later import imported_later
from service.management import Management, Ports
from service.observed import Observed
from service.pool import Pool
from service.schema_page import SchemaPage
from service.scraped import Scraped
from service.settings import ServiceSettings
from service.sharing import Sharing
from service.shutdown import Shutdown
from service.tally import Tally

# Longer than the database takes to answer, shorter than kubelet waits for /startupz.
FIRST_ANSWER_S = 2.0

log = logging.getLogger(__name__)


class State(TypedDict):
    """What a request finds in `request.state`."""

    pool: Pool
    sharing: Sharing[None, Answer]
    gathering: Gathering
    auth: Auth


def create_app(
    settings: ServiceSettings,
    url: DatabaseUrl,
    gate_url: DatabaseUrl,
    image: Lineage,
    warnings: Sequence[str] = (),
) -> App:
    """The ASGI application; connections are opened, tasks begun and warnings logged in its lifespan."""
    gate = make_gate(settings, gate_url, image)
    shutdown = Shutdown(settings.drain_s)
    tally, access_log = Tally(), AccessLog()
    scraped = Scraped(gate, tally)
    auth = make_auth(settings)
    arguments = url.for_asyncpg()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[State]:
        introduce(settings, image, warnings)
        name = application_name("service", image.heads, settings.pod_name)
        # The gate leaves last: while a session of the pool lives, contracts have to wait for us.
        async with kept_true(gate), opened(make_pool(arguments, name, settings, gate)) as pool:
            gate.sessions = SharedSessions(pool)
            scraped.pool = pool
            # Clients wait in the socket's queue meanwhile, where a worker was killed and this one follows it.
            with suppress(TimeoutError):
                await asyncio.wait_for(gate.decided.wait(), FIRST_ANSWER_S)
            async with imported_later():
                with shutdown.intercepted():
                    yield {"pool": pool, "sharing": Sharing(), "gathering": Gathering(pool), "auth": auth}
        # No request comes any more, and the loop may end before the timer of the last lines.
        access_log.flush()

    admission = Admission(make_api(lifespan), gate, settings.request_deadline_s)
    observed = Observed(admission, tally, access_log, shutdown)
    return Ports(observed, make_management(gate, scraped, shutdown, access_log), settings.management_port)


def make_management(gate: Gate, scraped: Scraped, shutdown: Shutdown, access_log: AccessLog) -> Management:
    return Management(
        {
            "/livez": answer_ok,
            "/readyz": Readiness(gate, lambda: shutdown.has_begun, access_log.tell_failed_probe),
            "/startupz": answer_ok,
            "/metrics": scraped,
            "/schema": SchemaPage(gate),
        }
    )


def make_auth(settings: ServiceSettings) -> Auth:
    """What tokens are checked with; raises Refusal where the keys can't be used."""
    keys = verifier(
        settings.auth_jwks_file, settings.auth_secret_file, settings.auth_issuer, settings.auth_audience
    )
    return Auth(keys, settings.public_reads)


def introduce(settings: ServiceSettings, image: Lineage, warnings: Sequence[str]) -> None:
    log.info(
        "release %s expects %s; the API is on port %d, management on %d",
        *(settings.release, listed(image.heads), settings.http_port, settings.management_port),
    )
    for warning in warnings:
        log.warning("%s", warning)
