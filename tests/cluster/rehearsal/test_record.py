"""The two questions that a rehearsal answers, on records that are known."""

from pathlib import Path

from tests.cluster.rehearsal import report
from tests.cluster.rehearsal.client import Request
from tests.cluster.rehearsal.record import Record, Step
from tests.cluster.rehearsal.watch import Seen, read, spans


def request(at: float, status: int = 200, venue: str | None = None) -> Request:
    return Request(at, 10, status, "", venue, False)


def record(*requests: Request) -> Record:
    return Record("a rehearsal", [], marks=[(0.0, "apply n")], requests=list(requests))


def test_what_fails_before_the_first_answer_is_no_failure() -> None:
    """There was nothing that could have answered; from the first answer on each failure counts, the gate's too."""
    assert record(request(1, 0), request(2)).harmed == []
    assert len(record(request(1), request(2, 0), request(3, 503)).harmed) == 2


def test_what_fails_while_the_database_is_away_harms_nobody() -> None:
    """The moment before and the moment after do."""
    played = record(request(1), request(5, 503), request(10, 503), request(15, 503))
    played.away.append((9, 11))
    assert [line.partition(":")[0] for line in played.harmed] == ["5.0 s", "15.0 s"]


def test_a_write_is_lost_when_it_is_not_there_exactly_once() -> None:
    """Only what was acknowledged can be lost, and twice is as wrong as never."""
    written = [
        request(1, 201, "kept"),
        request(2, 201, "gone"),
        request(3, 201, "twice"),
        request(4, 0, "unsaid"),
    ]
    played = record(*written)
    played.kept = ["kept", "twice", "twice"]
    assert played.lost == ["gone", "twice"]


def test_a_pods_states_follow_one_another() -> None:
    """A line of the watch is a state, and equal ones in a row are one span."""
    lines = [
        "a service n Pending  ",
        "a service n Running False ",
        "a service n Running True ",
        "a service n Running True now",
    ]
    assert [read(line).state for line in lines] == ["waiting", "waiting", "ready", "leaving"]
    seen = [Seen(at, "a", "service", "n", read(line).state) for at, line in enumerate(lines)]
    assert list(spans(seen, 9)) == [(0, 2, "waiting"), (2, 3, "ready"), (3, 9, "leaving")]


def test_the_report_shows_each_failure(tmp_path: Path) -> None:
    """Figures, picture and list are those of the record, and the page asks for nothing else."""
    played = record(request(1), request(2, 503), request(3))
    played.seen.append(Seen(0.5, "calcio-service-a", "service", "n", "ready"))
    played.steps.append(Step(2.5, "upgrade", "0001", "n"))
    report.write([played, Record("nothing", [])], tmp_path / "index.html")
    page = (tmp_path / "index.html").read_text()
    assert page.count('class="failed"') == 1
    assert "<li>2.0 s: read over a new connection: 503 after 10 ms</li>" in page
    assert "upgrade 0001 by n" in page
    assert "src=" not in page
