"""scripts/demo, run as a new user runs it."""

import re
import shlex
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from db.contract.refusal import ExitCode
from tests.demo.demo import Demo, demo
from tests.eventually import eventually
from tests.repository.tree import ROOT

ADDRESSES = ("API", "docs", "schema", "gate", "metrics")
LAST_LINE = ".venv/bin/python -m db status"


@pytest.fixture(scope="module")
def shown() -> Iterator[Demo]:
    """A demo that has ended by itself."""
    with demo("--once") as once:
        assert once.read_to_the_end() == ExitCode.DONE, once.text
        yield once


def test_the_gate_opens_before_the_readers_eyes(shown: Demo) -> None:
    """/readyz is seen going from 503 to 200, with the reason of each moment."""
    moments = re.findall(r"/readyz +(\d+) (\w+):", shown.text)
    statuses = [status for status, _ in moments]
    assert statuses == sorted(statuses, reverse=True)
    standings = list(dict.fromkeys(standing for _, standing in moments if standing != "unknown"))
    assert [one for one in standings if one != "behind"] == ["empty", "unfinished", "at_head"]


def test_the_job_runs_from_empty_to_head(shown: Demo) -> None:
    """Every revision is applied by the one of two Jobs that may."""
    head = max(path.name[:4] for path in (ROOT / "db/migrations/versions").glob("[0-9]*.py"))
    assert re.search(r"python -m db upgrade\n(.*\n)+?.* job +applied 0001, .* \(exit 0\)", shown.text)
    assert re.search(rf"python -m db finish\n(.*\n)+?.* job +applied .*{head} \(exit 0\)", shown.text)


def test_a_contract_under_way_fails_no_request(shown: Demo) -> None:
    """Who reads while finish runs is answered each time."""
    answered, failed = re.findall(r"(\d+) requests answered meanwhile, (\d+) failed", shown.text)[0]
    assert int(answered) > 0
    assert failed == "0"


def test_an_evening_ends_in_a_leaderboard(shown: Demo) -> None:
    """The winners of the match lead with three points each."""
    home = re.findall(r"/teams: (.*) against", shown.text)[0].split(", ")
    points = {
        name: int(won) for name, won in re.findall(r"^(\w+) +\d +\d +\d +(\d)", shown.text, re.MULTILINE)
    }
    assert {name for name, many in points.items() if many == 3} == set(home)
    assert sorted(points.values(), reverse=True) == list(points.values())


def test_nothing_is_left_of_it(shown: Demo) -> None:
    """After the end no process lives and nobody listens."""
    assert len(shown.ports) == 3
    assert shown.left() == []


def test_it_stays_for_who_wants_to_look() -> None:
    """Without --once it stays: each address answers, its token may write, and the Job can be asked."""
    with demo() as staying:
        staying.read_until(LAST_LINE)
        for what in ADDRESSES:
            assert httpx.get(staying.listed[what]).status_code == httpx.codes.OK, what
        assert write(staying.listed["write"]).status_code == httpx.codes.CREATED
        asked = subprocess.run(["sh", "-c", staying.listed["ask"]], cwd=ROOT, capture_output=True, check=True)
        assert asked.stdout.startswith(b"at_head (ready)")
        assert staying.end(signal.SIGINT) == 128 + signal.SIGINT
        assert staying.left() == []


def write(command: str) -> httpx.Response:
    """Do what the command of curl says."""
    _, _, header_file, _, kind, _, document, address = shlex.split(command)
    given = (Path(header_file.removeprefix("@")).read_text(), kind)
    headers = {name: value.strip() for name, _, value in (header.partition(":") for header in given)}
    return httpx.post(address, content=document, headers=headers)


def test_killed_it_leaves_nothing() -> None:
    """A demo that could say no word of farewell still takes everything with it."""
    with demo() as killed:
        killed.read_until("503 empty")
        assert len(killed.left()) > len(killed.ports)
        killed.end(signal.SIGKILL)
        eventually(lambda: not killed.left())


def test_a_port_in_use_is_told_in_one_sentence() -> None:
    """Nothing is started where the port is taken, and the port is named."""
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        demo("--port", str(taken.getsockname()[1])) as refused,
    ):
        assert refused.read_to_the_end() == ExitCode.CONFIGURATION
        assert re.fullmatch(rf"Port {taken.getsockname()[1]} .*", refused.text)
        assert refused.left() == []
