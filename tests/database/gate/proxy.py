"""A TCP proxy on loopback that can freeze: bytes are taken and go nowhere, as in a network that lost a route."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from db.contract.url import DatabaseUrl, Host
from db.contract.value import replace


class Proxy:
    """What a test may do to the way between a process and its database."""

    def __init__(self, target: Host) -> None:
        self.delay_s = 0.0  # of each message, each way
        self._target = target
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()

    def freeze(self) -> None:
        """Let no byte pass; connections stay open, and new ones are accepted."""
        self._flowing.clear()

    def thaw(self) -> None:
        self._flowing.set()

    def cut(self) -> None:
        """Reset every connection."""
        for writer in tuple(self._writers):
            writer.transport.abort()

    def lead_to(self, target: Host) -> None:
        """Reset every connection, and let new ones reach another server, as a failover does."""
        self._target = target
        self.cut()

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with self._known(writer), suppress(OSError):
            await self._flowing.wait()
            there, back = await asyncio.open_connection(self._target.name, self._target.port)
            with self._known(back):
                await asyncio.gather(self._pump(reader, back), self._pump(there, writer))

    @contextmanager
    def _known(self, writer: asyncio.StreamWriter) -> Iterator[None]:
        self._writers.add(writer)
        try:
            yield
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            await self._flowing.wait()
            await asyncio.sleep(self.delay_s)
            sink.write(data)
            await sink.drain()
        sink.close()


@asynccontextmanager
async def proxied(url: DatabaseUrl) -> AsyncIterator[tuple[DatabaseUrl, Proxy]]:
    """The same database by a way that can be frozen."""
    proxy = Proxy(url.hosts[0])
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(proxy.connect(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield replace(url, hosts=(Host("127.0.0.1", port),)), proxy
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
