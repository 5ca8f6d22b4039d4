"""Draws a rehearsal over time as SVG: how long answers took, which pods were ready, which steps were made."""

from collections.abc import Iterator
from html import escape
from math import log10

from tests.cluster.rehearsal.record import Record
from tests.cluster.rehearsal.watch import Seen, spans

WIDTH, LEFT, RIGHT = 1000, 170, 15
LATENCIES, LANE, TOP = 130, 16, 30
SLOWEST_MS = 10_000


class Plot:
    """One rehearsal's picture."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._began = record.marks[0][0]
        self._ended = max(*(one.at for one in record.requests), *(one.at for one in record.seen))
        self._pods = {one.pod: one for one in record.seen}
        self._lanes = TOP + LATENCIES + 24
        self._height = self._lanes + LANE * len(self._pods) + 26

    def drawn(self) -> str:
        parts = [*self._axis(), *self._marks(), *self._answers(), *self._readiness(), *self._steps()]
        label = f"{self._record.name}: answers, pods and steps over {self._ended - self._began:.0f} seconds"
        size = f'viewBox="0 0 {WIDTH} {self._height}"'
        return f'<svg {size} role="img" aria-label="{escape(label)}">\n' + "\n".join(parts) + "\n</svg>"

    def _x(self, at: float) -> float:
        share = (at - self._began) / (self._ended - self._began)
        return round(LEFT + max(0.0, min(1.0, share)) * (WIDTH - LEFT - RIGHT), 1)

    def _y(self, ms: float) -> float:
        share = log10(max(1.0, min(ms, SLOWEST_MS))) / log10(SLOWEST_MS)
        return float(round(TOP + LATENCIES * (1 - share), 1))

    def _axis(self) -> Iterator[str]:
        for ms in (1, 10, 100, 1000, 10_000):
            y = self._y(ms)
            yield f'<path class="grid" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>'
            yield text(LEFT - 6, y + 4, f"{ms} ms" if ms < 1000 else f"{ms // 1000} s", "end")
        for second in range(0, int(self._ended - self._began) + 1, 10):
            x = self._x(self._began + second)
            yield f'<path class="grid" d="M{x} {TOP}V{self._height - 20}"/>'
            if second % 20 == 0:
                yield text(x, self._height - 6, f"{second} s", "middle")

    def _marks(self) -> Iterator[str]:
        for number, (at, what) in enumerate(self._record.marks, start=1):
            x = self._x(at)
            yield f'<path class="mark" d="M{x} {TOP - 8}V{self._height - 20}"/>'
            yield text(x, TOP - 12, str(number), "middle", "what", what)

    def _answers(self) -> Iterator[str]:
        """Each second's fastest and slowest answer as a stroke, each failure as a cross."""
        seconds: dict[int, list[float]] = {}
        for one in self._record.requests:
            if not one.failed:
                seconds.setdefault(int(one.at - self._began), []).append(one.ms)
        strokes = (
            f"M{self._x(self._began + second + 0.5)} {self._y(min(ms))}V{self._y(max(ms)) - 1:.1f}"
            for second, ms in sorted(seconds.items())
        )
        yield f'<path class="answers" d="{"".join(strokes)}"/>'
        for one in self._record.requests:
            if one.failed:
                kind = "failed" if one in self._record.served else "early"
                x, y = self._x(one.at), self._y(one.ms)
                yield f'<path class="{kind}" d="M{x - 3:.1f} {y - 3}l6 6m0 -6l-6 6"/>'

    def _readiness(self) -> Iterator[str]:
        for lane, (pod, known) in enumerate(self._pods.items()):
            y = self._lanes + lane * LANE
            yield text(LEFT - 6, y + 10, named(known), "end", "", pod)
            for begin, end, state in spans([one for one in self._record.seen if one.pod == pod], self._ended):
                if state != "ended":
                    x, width = self._x(begin), max(1.0, self._x(end) - self._x(begin))
                    yield f'<rect class="{state}" x="{x}" y="{y}" width="{width:.1f}" height="{LANE - 4}"/>'

    def _steps(self) -> Iterator[str]:
        y = self._lanes - 8
        for step in self._record.steps:
            if step.revision:
                said = f"{step.operation} {step.revision} by {step.release}, {step.at - self._began:.1f} s"
                title = f"<title>{escape(said)}</title>"
                yield f'<circle class="step" cx="{self._x(step.at)}" cy="{y}" r="3">{title}</circle>'
        yield text(LEFT - 6, y + 4, "steps of the ledger", "end")


def named(pod: Seen) -> str:
    """What the pod is, of which release."""
    return f"{pod.component} {pod.release.removeprefix('rehearsal-')}".strip()


def text(x: float, y: float, said: str, anchor: str, kind: str = "", title: str = "") -> str:
    explained = f"<title>{escape(title)}</title>" if title else ""
    return f'<text class="{kind}" x="{x}" y="{y:.1f}" text-anchor="{anchor}">{escape(said)}{explained}</text>'
