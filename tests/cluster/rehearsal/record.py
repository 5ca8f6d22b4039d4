"""What was seen of a rehearsal, and the two questions that it answers: what failed, and what was lost."""

from collections import Counter
from dataclasses import dataclass, field

from tests.cluster.rehearsal.client import Request
from tests.cluster.rehearsal.watch import Seen


@dataclass(frozen=True)
class Step:
    """An entry of the ledger's audit."""

    at: float
    operation: str
    revision: str | None
    release: str | None


@dataclass
class Record:
    """A rehearsal, in the order of time."""

    name: str
    seen: list[Seen]
    marks: list[tuple[float, str]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    away: list[tuple[float, float]] = field(default_factory=list)  # when there was no database to ask

    @property
    def served(self) -> list[Request]:
        """The requests from the first answer on: before it there was nothing that could fail."""
        first = min((one.answered_at for one in self.requests if not one.failed), default=float("inf"))
        return [one for one in self.requests if one.at >= first]

    @property
    def harmed(self) -> list[str]:
        """What failed although the database was there, when and how."""
        return [
            f"{one.at - self.marks[0][0]:.1f} s: {one.what}"
            for one in self.served
            if one.failed and not any(one.at < end and one.answered_at > begin for begin, end in self.away)
        ]

    @property
    def acknowledged(self) -> list[str]:
        return [one.venue for one in self.requests if one.venue and not one.failed]

    @property
    def lost(self) -> list[str]:
        """Writes that a client was told of and that are not there exactly once."""
        there = Counter(self.kept)
        return [venue for venue in self.acknowledged if there[venue] != 1]

    def took_s(self, began: float) -> float:
        """From a moment until the last pod of the service that came after it was ready."""
        before = {one.pod for one in self.seen if one.at < began}
        first: dict[str, float] = {}
        for one in self.seen:
            if one.component == "service" and one.state == "ready" and one.pod not in before:
                first.setdefault(one.pod, one.at)
        return max(first.values()) - began

    def left(self, release: str) -> float:
        """When the last pod of the release's service had ended."""
        pods = {one.pod for one in self.seen if one.component == "service" and one.release == release}
        return max(one.at for one in self.seen if one.pod in pods and one.state == "ended")
