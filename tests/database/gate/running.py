"""Runs a gate, or the whole service, in the test's own event loop; and waits for what it promises."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from db.contract.lineage import Lineage
from db.contract.names import History
from db.contract.url import DatabaseUrl
from service.app import create_app
from service.gate.answers import App, Message
from service.gate.gate import Gate
from service.gate.making import make_gate
from service.gate.rounds import kept_true
from service.gate.session import Reader, Session
from service.pool import Pool
from service.settings import ServiceSettings
from tests.database.gate.ledger import IMAGE

DEADLINE_S = 20
JSON = {"accept": "application/json"}
# A heartbeat that no test waits for: what happens before it was not polled for.
RARE: dict[str, Any] = {"heartbeat_s": 600.0, "lease_s": 3600.0, "pod_name": "pod"}
# The shortest lease with which a round, some retries and a margin still fit.
SHORT: dict[str, Any] = {"heartbeat_s": 0.3, "lease_s": 2.5, "margin_s": 0.5, "pod_name": "pod"}


async def until(condition: Callable[[], object]) -> None:
    """Return when `condition` holds; fail where it never does."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - what changes is a database, or a clock
            await asyncio.sleep(0.005)


@asynccontextmanager
async def running_gate(url: DatabaseUrl, image: Lineage = IMAGE, **settings: Any) -> AsyncIterator[Gate]:
    gate = make_gate(ServiceSettings(**{**RARE, **settings}), url, image)
    async with kept_true(gate):
        yield gate


@asynccontextmanager
async def reader(url: DatabaseUrl, isolation: str = "read committed") -> AsyncIterator[Session]:
    """A gate's session without its time-outs: what waits here waits for the test."""
    settings = {"default_transaction_isolation": isolation}
    connection = await asyncpg.connect(**url.for_asyncpg(), server_settings=settings)
    row = Reader(uuid4(), "pod", "1.4.0", ("0001",), timedelta(minutes=1))
    try:
        yield Session(connection, History(), row, asyncio.Event())
    finally:
        connection.terminate()


@asynccontextmanager
async def running_service(url: DatabaseUrl, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service; `readyz` asks its other port."""
    async with running_with_pool(url, **settings) as (client, _):
        yield client


@asynccontextmanager
async def running_with_pool(
    url: DatabaseUrl, gate_url: DatabaseUrl | None = None, image: Lineage = IMAGE, **settings: Any
) -> AsyncIterator[tuple[httpx.AsyncClient, Pool]]:
    """A client of the service, and the pool that its requests share."""
    app = create_app(ServiceSettings(**{**RARE, **settings}), url, gate_url or url, image)
    async with lifespan(app) as state, httpx.AsyncClient(transport=WithState(app, state)) as client:
        yield client, state["pool"]


async def fetched(pool: Pool, sql: str) -> Any:
    """The one value that `sql` gives, over whichever connection the pool lends."""
    async with pool.acquire() as connection:
        return await connection.fetchval(sql)


class WithState(httpx.ASGITransport):
    """httpx's way to call an application, with the state that a server would add."""

    def __init__(self, app: App, state: dict[str, Any]) -> None:
        async def stateful(scope: Any, receive: Any, send: Any) -> None:
            await app({**scope, "state": dict(state)}, receive, send)

        super().__init__(stateful, raise_app_exceptions=False)


@asynccontextmanager
async def lifespan(app: App) -> AsyncIterator[dict[str, Any]]:
    """Start and stop an application as a server does."""
    received: asyncio.Queue[Message] = asyncio.Queue()
    sent: asyncio.Queue[Message] = asyncio.Queue()
    state: dict[str, Any] = {}
    task = asyncio.ensure_future(app({"type": "lifespan", "state": state}, received.get, sent.put))
    await received.put({"type": "lifespan.startup"})
    assert (await sent.get())["type"] == "lifespan.startup.complete"
    try:
        yield state
    finally:
        await received.put({"type": "lifespan.shutdown"})
        assert (await sent.get())["type"] == "lifespan.shutdown.complete"
        await task


async def ask_management(
    client: httpx.AsyncClient, path: str, headers: dict[str, str] | None = None
) -> httpx.Response:
    return await client.get(f"http://pod:9090{path}", headers=headers)


async def readyz(client: httpx.AsyncClient, query: str = "") -> httpx.Response:
    return await ask_management(client, f"/readyz{query}")


async def until_readyz(client: httpx.AsyncClient, status: int) -> str:
    """The text of /readyz, once it has `status`."""
    return (await _until(client, lambda answer: answer.status_code == status)).text


async def until_answered(client: httpx.AsyncClient) -> None:
    """Return when the database has answered the gate once."""
    await _until(client, lambda answer: "[+]database ok" in answer.text)


async def _until(client: httpx.AsyncClient, condition: Callable[[httpx.Response], bool]) -> httpx.Response:
    async with asyncio.timeout(DEADLINE_S):
        while not condition(answer := await readyz(client, "?verbose")):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.005)
    return answer
