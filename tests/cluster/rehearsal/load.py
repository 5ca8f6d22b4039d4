"""Runs in a pod: sends requests at a fixed rate, whatever becomes of them, and tells each outcome in a line of JSON.

Standard library only. Half of the requests open a connection of their own, half share kept ones; nothing is ever
sent twice, so whatever a retry would hide is counted. SIGUSR1 ends its writing; SIGTERM ends it all, once every
request has its outcome.
"""

import asyncio
import errno
import json
import signal
import sys
import time
from contextlib import suppress
from itertools import count
from pathlib import Path

DEADLINE_S = 10
PATH = "/api/v1/sessions"
PORTS = range(20_000, 61_000)  # more than there are requests
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Client:
    """Sends to one address, as whom the token speaks for."""

    def __init__(self, host: str, token: str, port: int = 80) -> None:
        self._host = host
        self._port = port
        self._token = token
        self._kept: list[Connection] = []
        self.ports = iter(PORTS)
        self.writes = True
        self._known = f"{PATH}?limit=5"

    async def send(self, number: int) -> None:
        """Send one request and tell what came of it: every third one writes, every other one keeps its connection."""
        venue = f"hall {number}" if self.writes and number % 3 == 0 else None
        outcome: dict[str, object] = {
            "at": time.time(),
            "venue": venue,
            "kept": number % 2 == 0,
            "status": 0,
            "error": "",
        }
        try:
            async with asyncio.timeout(DEADLINE_S):
                outcome["status"] = await self._exchange(venue, keep=number % 2 == 0)
        except (OSError, EOFError, ValueError) as error:  # TimeoutError is an OSError
            outcome["error"] = f"{type(error).__name__}: {error}"[:120]
        outcome["ms"] = round((time.time() - float(str(outcome["at"]))) * 1000, 1)
        tell(outcome)

    def close(self) -> None:
        """Close what was kept."""
        for _reader, writer in self._kept:
            writer.close()

    async def _exchange(self, venue: str | None, *, keep: bool) -> int:
        reader, writer = (keep and self._left_open()) or await self._opened()
        try:
            writer.write(self._request(venue, keep=keep))
            status, headers, _body = await answer(reader)
        except BaseException:
            writer.close()
            raise
        if status == 201:
            self._known = headers["location"]
        if keep and headers.get("connection", "").lower() != "close":
            self._kept.append((reader, writer))
        else:
            writer.close()
        return status

    async def _opened(self) -> Connection:
        """A connection from a port that none had before.

        Before there is an endpoint, and while kube-proxy adds the first, connections lead nowhere. The node remembers
        that by their ports for two minutes (nf_conntrack_tcp_timeout_syn_sent): who used one again would follow them.
        """
        own = "::" if ":" in self._host else "0.0.0.0"  # noqa: S104 - nothing listens there
        for port in self.ports:
            try:
                return await asyncio.open_connection(self._host, self._port, local_addr=(own, port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
        raise OSError(errno.EADDRNOTAVAIL, "each port has been used")

    def _left_open(self) -> Connection | None:
        """A kept connection; one that the server has closed meanwhile is no client's to use."""
        while self._kept:
            reader, writer = self._kept.pop(0)
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return None

    def _request(self, venue: str | None, *, keep: bool) -> bytes:
        body = b""
        lines = [f"GET {self._known} HTTP/1.1"]
        if venue is not None:
            body = json.dumps({"starts_at": "2030-01-01T18:00:00Z", "venue": venue}).encode()
            lines = [
                f"POST {PATH} HTTP/1.1",
                "Content-Type: application/json",
                f"Content-Length: {len(body)}",
            ]
        lines += [f"Host: {self._host}", f"Authorization: Bearer {self._token}"]
        lines += [f"Connection: {'keep-alive' if keep else 'close'}", "", ""]
        return "\r\n".join(lines).encode() + body


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """Read one answer: status, headers, body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    fields = (line.partition(":") for line in head[1:] if line)
    headers = {name.lower(): value.strip() for name, _, value in fields}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return int(head[0].split()[1]), headers, body


async def run(client: Client, rate: float, longest_s: float) -> None:
    """Send until SIGTERM, or for the longest time there is; an answer that is late puts no request off."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, setattr, client, "writes", False)
    began, sent = time.monotonic(), set[asyncio.Task[None]]()
    numbers = count(1)
    while not stop.is_set() and time.monotonic() < began + longest_s:
        number = next(numbers)
        sent.add(asyncio.create_task(client.send(number)))
        sent = {task for task in sent if not task.done()}
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), max(0.0, began + number / rate - time.monotonic()))
    await asyncio.gather(*sent)
    client.close()
    tell({"sent": number})


def tell(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    host, rate, longest_s = sys.argv[1:]
    asyncio.run(run(Client(host, Path("/run/load/token").read_text()), float(rate), float(longest_s)))
