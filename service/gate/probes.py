"""What kubelet and people are told: /livez, /readyz, /startupz, all from memory."""

from collections.abc import Callable

from db.contract.standing import listed
from service.gate.answers import Answer, Receive, Scope, Send, wants_json
from service.gate.gate import Gate
from service.gate.verdict import Verdict

OK = Answer.text(200, "ok")


async def answer_ok(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer /livez and /startupz: whoever answers at all is configured, listening and alive."""
    await OK.send(send)


def say_nothing(_scope: Scope) -> None:
    """Tell nobody of a failed probe: the gate's own log says when and why it shut."""


class Readiness:
    """Answers /readyz, and tells of each time that the answer is no."""

    def __init__(
        self, gate: Gate, is_draining: Callable[[], bool], tell: Callable[[Scope], None] = say_nothing
    ) -> None:
        self._gate = gate
        self._is_draining = is_draining
        self._tell = tell

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        ready = self._gate.verdict.ready and not self._is_draining()
        if ready and not scope["query_string"] and not wants_json(scope):
            await OK.send(send)
        else:
            await self._in_full(ready, as_json=wants_json(scope)).send(send)
            if not ready:
                self._tell(scope)

    def _in_full(self, ready: bool, *, as_json: bool) -> Answer:
        verdict, status = self._gate.verdict, 200 if ready else 503
        if as_json:
            trouble = {"trouble": self._gate.trouble or None}
            return Answer.json(
                status, {"ready": ready, **described(verdict), "lease_s": self._lease_s, **trouble}
            )
        lines = schema_lines(verdict, self._gate.trouble, self._lease_s)
        checks = [shutdown_line(self._is_draining()), *lines]
        passed = "passed" if ready else "failed"
        return Answer.text(status, "\n".join([*checks, f"readyz check {passed}"]) + "\n")

    @property
    def _lease_s(self) -> float:
        return round(self._gate.lease.remaining_s, 1)


def described(verdict: Verdict) -> dict[str, object]:
    """A verdict as JSON tells it."""
    return {
        "standing": verdict.standing or "unknown",
        "reason": verdict.reason,
        "found": verdict.found,
        "expected": verdict.expected,
        "since": verdict.since.isoformat(timespec="milliseconds"),
    }


def shutdown_line(draining: bool) -> str:
    return "[-]shutdown begun: this process takes no new traffic" if draining else "[+]shutdown ok"


def schema_lines(verdict: Verdict, trouble: str, lease_s: float) -> list[str]:
    """Each check as Kubernetes' own components write it, with what they withhold."""
    sign = "+" if verdict.ready else "-"
    if verdict.standing is None:
        return [f"[{sign}]database unknown: {verdict.reason}"]
    # While its lease lasts a ready process needs no answer, and does not say that it has one.
    database = f"[{sign}]database silent: {trouble}" if trouble else "[+]database ok"
    where = f"found {listed(verdict.found)}, expected {listed(verdict.expected)}"
    schema = f"[{sign}]schema {verdict.standing}: {where}"
    if verdict.ready:
        return [f"{database}{'; ' if trouble else ': '}lease {lease_s:.0f} s", schema]
    return [database, schema, verdict.reason]
