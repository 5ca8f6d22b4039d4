"""The switch: one port, whose connections go to instances that are ready, as a Service's and its endpoints' would."""

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import count
from typing import Protocol

CHUNK = 65_536
STARTS_WITHIN_S = 10


class Backend(Protocol):
    """Where a connection can go."""

    port: int
    taken: int

    @property
    def is_ready(self) -> bool: ...


class Switch:
    """A thread that connects while the block runs: each connection once, to one instance, for its whole life.

    It knows no HTTP and tries nothing twice: whatever it did for a request that fails would hide the failure.
    """

    def __init__(self, port: int, backends: Callable[[], Sequence[Backend]]) -> None:
        self._port = port
        self._backends = backends
        self._turns = count()
        self._carried: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._given = threading.Condition()
        self._runs = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._ended: asyncio.Event
        self._listens = False
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._work, name="switch", daemon=True)

    def __enter__(self) -> "Switch":
        self._listening = socket.create_server(("127.0.0.1", self._port))
        self._thread.start()
        self._runs.wait(STARTS_WITHIN_S)
        if not self._listens:
            self._listening.close()
            raise RuntimeError(f"the switch did not begin within {STARTS_WITHIN_S} s") from self._failure
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    def has_given(self, backend: Backend, many: int, within_s: float) -> bool:
        """Wait until this one has been given so many connections; answers whether it has."""
        with self._given:
            return self._given.wait_for(lambda: backend.taken >= many, within_s)

    def _work(self) -> None:
        try:
            asyncio.run(self._run())
        except OSError as error:
            self._failure = error
        finally:
            self._runs.set()

    async def _run(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._accepted, sock=self._listening)
        self._listens = True
        self._runs.set()
        await self._ended.wait()
        server.close()
        carried = dict(self._carried)
        for task in carried:
            task.cancel()
        await asyncio.gather(*carried, return_exceptions=True)
        await _closed(*carried.values())

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task of its own: one of asyncio's would be mourned for in a traceback when the tour is interrupted.
        task = asyncio.create_task(self._carry_on(reader, writer))
        self._carried[task] = writer
        task.add_done_callback(self._carried.pop)

    async def _carry_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ready = [backend for backend in self._backends() if backend.is_ready]
        try:
            if ready:
                backend = ready[next(self._turns) % len(ready)]
                with self._given:
                    backend.taken += 1
                    self._given.notify_all()
                with suppress(OSError):
                    await _joined(reader, writer, backend.port)
        finally:
            await _closed(writer)


async def _joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    """Carry bytes both ways until one side ends."""
    answers, questions = await asyncio.open_connection("127.0.0.1", port)
    ways = [
        asyncio.create_task(_carry(reader, questions)),
        asyncio.create_task(_carry(answers, writer)),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        await _closed(questions)


async def _carry(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    while chunk := await source.read(CHUNK):
        to.write(chunk)
        await to.drain()


async def _closed(*writers: asyncio.StreamWriter) -> None:
    for writer in writers:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)
