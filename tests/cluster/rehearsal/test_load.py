"""The load's own promise: whatever goes wrong between it and a server becomes an outcome, and is not tried again."""

import asyncio
import json
import socket

import pytest

from tests.cluster.rehearsal.load import PORTS, Client

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
GATE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
LAST = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}"
READS_ON_KEPT = (2, 4, 8, 10)


async def sent(answers: list[bytes]) -> int:
    """Send a request for each answer that the server has for it; answers how many connections that took."""
    connections = []
    ports = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(asyncio.current_task())
        ports.add(writer.get_extra_info("peername")[1])
        while await reader.read(4096) and answers:
            said = answers.pop(0)
            writer.write(said)
            if said != OK and said != GATE:
                break
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        client = Client("127.0.0.1", "token", server.sockets[0].getsockname()[1])
        for number, _ in zip(READS_ON_KEPT, list(answers), strict=False):
            await client.send(number)
        client.close()
        await asyncio.gather(*filter(None, connections))
    assert len(ports) == len(connections)
    assert ports <= set(PORTS)
    return len(connections)


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [(OK, 200, ""), (GATE, 503, ""), (HALF, 0, "IncompleteReadError"), (b"", 0, "IncompleteReadError")],
    ids=["answered", "turned away", "cut short", "hung up"],
)
def test_each_request_has_one_outcome(
    answer: bytes, status: int, error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the server did is what the line says."""
    assert asyncio.run(sent([answer])) == 1
    (line,) = capsys.readouterr().out.splitlines()
    outcome = json.loads(line)
    assert (outcome["status"], outcome["error"].partition(":")[0]) == (status, error)


def test_nobody_there_is_an_outcome(capsys: pytest.CaptureFixture[str]) -> None:
    """A connection that is refused counts as any other failure."""
    asyncio.run(Client("127.0.0.1", "token", 1).send(1))
    assert "Connect call failed" in json.loads(capsys.readouterr().out)["error"]


def test_a_connection_is_kept_until_the_server_says_close(capsys: pytest.CaptureFixture[str]) -> None:
    """Kept requests share a connection, and leave the one that a draining pod wants to be rid of."""
    assert asyncio.run(sent([OK, LAST, OK])) == 2
    assert [json.loads(line)["status"] for line in capsys.readouterr().out.splitlines()] == [200, 200, 200]


def test_a_port_that_is_taken_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    """Each connection has a port of its own: where another program has it, the next one."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = Client("127.0.0.1", "token", 1)
        client.ports = iter([taken.getsockname()[1], *PORTS])
        asyncio.run(client.send(1))
    assert "Connect call failed" in json.loads(capsys.readouterr().out)["error"]


def test_without_a_port_left_nothing_is_sent(capsys: pytest.CaptureFixture[str]) -> None:
    """Rather than use one again, a request fails."""
    client = Client("127.0.0.1", "token", 1)
    client.ports = iter([])
    asyncio.run(client.send(1))
    assert "each port has been used" in json.loads(capsys.readouterr().out)["error"]
