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
LAST_LINE = "-m db status"
# What is told of each act, in this order; {head} is this tree's.
STORY = (
    r"act 1 .* empty database",
    r"v1-1 +/readyz 503 empty: ",
    r"job v1 +python -m db upgrade",
    r"v1-1 +/readyz 200 unfinished: ",
    r"POST /api/v1/matches/1/finalisation",
    r"act 2 ",
    r"job v1 +python -m db finish ",
    r"job v1 +applied .*{head} \(exit 0\)",
    r"act 3 +forward ",
    r"v2-1 +/readyz 503 behind: ",
    r"job v2 +python -m db upgrade",
    r"job v2 +applied 9010, 9011 \(exit 0\)",
    r"switch +gives new connections to v1-1 and v2-1",
    r"v1-1 +SIGTERM",
    r"act 4 +back ",
    r"job v1 +python -m db upgrade",
    r"job v1 .* stands ahead, and compatible \(exit 0\)",
    r"switch +gives new connections to v2-1 and v1-2",
    r"v2-1 +SIGTERM",
    r"act 5 +forward again",
    r"job v2 .* only 9012 to come, which no code relies on \(exit 0\)",
    r"switch +gives new connections to v1-2 and v2-2",
    r"act 6 +the contract",
    r"job v2 +revision 9012 .*: v1-2 of release v1 \(since \d+ s, lease \d+ s\) \(exit 80\)",
    r"v1-2 +SIGTERM",
    r"job v2 +python -m db finish ",
    r"job v2 +applied 9012 \(exit 0\)",
    r"act 7 +v1 comes back too late",
    r"job v1 +broken: .* \(exit 79\)",
    r"requests +\d+ answered, 0 failed",
    r"requests +\d+ writes acknowledged, 0 of them lost",
)


@pytest.fixture(scope="module")
def shown() -> Iterator[Demo]:
    """A demo that has ended by itself."""
    with demo("--once") as once:
        assert once.read_to_the_end() == ExitCode.DONE, once.text
        yield once


def test_the_story_is_told_in_its_order(shown: Demo) -> None:
    """Forward, back, forward again, a contract that waits for a reader it names, and one who comes too late."""
    head = max(path.name[:4] for path in (ROOT / "db/migrations/versions").glob("[0-9]*.py"))
    lines = iter(shown.lines)
    missing = [
        wanted for wanted in STORY if not any(re.search(wanted.format(head=head), line) for line in lines)
    ]
    assert missing == [], shown.text
    # Whether the pod or its Job's end is seen first is chance.
    act_2 = shown.text.partition("act 2 ")[2].partition("act 3 ")[0]
    assert "/readyz 200 at_head: " in act_2, shown.text


def test_the_gate_opens_before_the_readers_eyes(shown: Demo) -> None:
    """/readyz is seen going from 503 to 200, with the reason of each moment."""
    moments = re.findall(r"v1-1 +/readyz (\d+) (\w+):", shown.text)
    statuses = [status for status, _ in moments]
    assert statuses == sorted(statuses, reverse=True)
    standings = list(dict.fromkeys(standing for _, standing in moments if standing != "unknown"))
    assert [one for one in standings if one != "behind"] == ["empty", "unfinished", "at_head", "ahead"]


def test_no_instance_that_is_ready_turns_unready(shown: Demo) -> None:
    """Neither a migration, nor a way back, nor a contract shuts the gate of who serves."""
    for name in re.findall(r"(v\d-\d) +begins", shown.text):
        statuses = re.findall(rf"{name} +/readyz (\d+)", shown.text)
        assert statuses == sorted(statuses, reverse=True), name


def test_who_comes_too_late_takes_no_traffic(shown: Demo) -> None:
    """The older release, begun after the contract, is never ready, and says which revision is in its way."""
    moments = re.findall(r"v1-3 +/readyz (.*)", shown.text)
    assert {moment[:3] for moment in moments} == {"503"}
    assert re.match(r"503 broken: .*revision 9012 by release v2 .*: deploy a newer release", moments[-1])


def test_no_request_fails(shown: Demo) -> None:
    """Through all acts each request is answered, and at the end of each act the counter says so."""
    counted = re.findall(r"requests +(\d+) answered, (\d+) failed", shown.text)
    answered = [int(many) for many, _ in counted]
    assert len(answered) > 5
    assert answered == sorted(answered)
    assert {failed for _, failed in counted} == {"0"}


def test_an_evening_ends_in_a_leaderboard(shown: Demo) -> None:
    """The winners of the match lead with three points each."""
    home = re.findall(r"/teams: (.*) against", shown.text)[0].split(", ")
    points = {
        name: int(won) for name, won in re.findall(r"^(\w+) +\d +\d +\d +(\d)", shown.text, re.MULTILINE)
    }
    assert {name for name, many in points.items() if many == 3} == set(home)
    assert sorted(points.values(), reverse=True) == list(points.values())


def test_nothing_is_left_of_it(shown: Demo) -> None:
    """After the end no process lives, nobody listens, and no file lies about."""
    instances = shown.text.count("begins: ")
    assert len(shown.ports) == 2 + 2 * instances
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


def test_a_request_that_fails_ends_it_with_a_failure() -> None:
    """It proves something: where who serves is killed, the demo says what became of the requests, and not 0."""
    with demo("--once") as failing:
        failing.read_until("act 5")
        failing.kill_service("v1-2")
        assert failing.read_to_the_end() == ExitCode.INTERNAL
        assert re.search(
            r"^\d+ requests failed, expected none; the first: request \d+: ", failing.text, re.MULTILINE
        )
        assert failing.left() == []


@pytest.mark.parametrize(("number", "moment"), [(signal.SIGTERM, "503 empty"), (signal.SIGHUP, "act 3")])
def test_told_to_end_it_leaves_nothing(number: int, moment: str) -> None:
    """Whoever ends it, at its beginning or in the midst of its traffic, finds nothing of it and no complaint."""
    with demo() as ended:
        ended.read_until(moment)
        assert ended.end(number) == 128 + number
        assert "Traceback" not in ended.text
        assert ended.left() == []


@pytest.mark.parametrize("moment", ["503 empty", "v2-1      /readyz 503 behind"])
def test_killed_it_leaves_nothing(moment: str) -> None:
    """A demo that could say no word of farewell still takes everything with it, one release or two."""
    with demo() as killed:
        killed.read_until(moment)
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
