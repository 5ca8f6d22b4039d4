"""The moves of a pod: its rounds, its requests, its leave. Each is one thing that another's move may come before."""

from collections.abc import Iterator

from tests.model.decisions import Code, Step, breaks, gate_is_fit, lease_holds
from tests.model.rules import Rules
from tests.model.state import HOLDS_THE_LOCK, Health, Pod, Request, Round, State

Move = tuple[str, State]


class PodMoves:
    """What a pod that runs `code` can do next."""

    def __init__(self, code: Code, step: Step, rules: Rules) -> None:
        self._code = code
        self._step = step
        self._rules = rules

    def of(self, state: State) -> Iterator[Move]:
        """Every next state."""
        health = state.pod.health
        if health in {Health.FROZEN, Health.SUSPENDED}:
            yield "pod: resumes", with_pod(state, health=Health.RUNS)
        if health in {Health.RUNS, Health.LEAVING}:
            yield from self._serving(state)
        if health is Health.RUNS:
            yield from self._looking(state)
            yield from self._in_a_round(state)
            yield from self._admitting(state)
        if health is Health.LEAVING:
            yield from self._leaving(state)

    def _looking(self, state: State) -> Iterator[Move]:
        """A notification, or an unready pod's poll: evidence shuts the gate, and opens none."""
        if not gate_is_fit(state.primary, self._code, self._step):
            shut = self._shut(state)
            if shut.pod.request is Request.NONE and shut.primary.row and not _is_locked(state):
                # Whoever serves nothing holds no contract back.
                yield "pod: looks, unfit, and leaves", shut._replace(primary=shut.primary._replace(row=0))
            yield "pod: looks, unfit", shut

    def _in_a_round(self, state: State) -> Iterator[Move]:
        pod = state.pod
        is_fit = gate_is_fit(state.primary, self._code, self._step)
        match pod.round:
            case Round.NONE if is_fit or lease_holds(pod.lease_age, self._rules):
                yield "pod: begins a round", with_pod(state, round=Round.SENT, round_age=0)
            case Round.SENT if self._rules.registers_and_looks_at_once and not _is_locked(state):
                yield from self._answered(self._with_row(state), is_fit=is_fit)
            case Round.ANSWERED:
                yield "pod: hears that it is fit, and is ready", self._ready(state)
            case Round.SENT if self._rules.registers_before_it_looks and not _is_locked(state):
                yield "pod: registers", self._registered(state)
            case Round.SENT if not self._rules.registers_before_it_looks and is_fit:
                yield "pod: looks, fit", with_pod(state, round=Round.LOOKED)
            case Round.REGISTERED if is_fit:
                yield "pod: looks, fit, and is ready", self._ready(state)
            case Round.REGISTERED:
                yield "pod: looks, unfit", self._shut(state)
            case Round.LOOKED if not _is_locked(state):
                yield "pod: registers", self._ready(self._with_row(state))
        if pod.round is not Round.NONE:
            yield "pod: its round fails", with_pod(state, round=Round.NONE, round_age=0)

    def _answered(self, state: State, *, is_fit: bool) -> Iterator[Move]:
        if is_fit:
            yield "pod: registers and looks, fit", with_pod(state, round=Round.ANSWERED)
        else:
            yield "pod: registers and looks, unfit", self._shut(state)
            yield (
                "pod: its row is renewed, and the answer lost",
                with_pod(state, round=Round.NONE, round_age=0),
            )

    def _registered(self, state: State) -> State:
        registered = with_pod(state, round=Round.REGISTERED)
        if not self._rules.renews_by_whole_rounds_only:
            registered = with_pod(registered, lease_age=state.pod.round_age)
        return self._with_row(registered)

    def _with_row(self, state: State) -> State:
        return state._replace(primary=state.primary._replace(row=self._rules.whole_lease))

    def _admitting(self, state: State) -> Iterator[Move]:
        pod = state.pod
        if pod.is_ready and lease_holds(pod.lease_age, self._rules) and pod.request is Request.NONE:
            yield "pod: admits a request", with_pod(state, request=Request.ADMITTED, request_age=0)

    def _serving(self, state: State) -> Iterator[Move]:
        pod, rules = state.pod, self._rules
        if pod.request is Request.NONE:
            return
        if pod.request is Request.CHECKED:
            yield self._sends(state)
            return
        yield "pod: answers", with_pod(state, request=Request.NONE, request_age=0)
        in_time = pod.request_age <= rules.request_deadline or not rules.checks_the_deadline_of_each_statement
        if pod.session is None:
            if not self._finds_fit(state):
                yield (
                    "pod: opens a session, unfit",
                    with_pod(self._shut(state), request=Request.NONE, request_age=0),
                )
            else:
                yield "pod: opens a session", with_pod(state, session=0)
        elif in_time:
            yield "pod: checks its deadline", with_pod(state, request=Request.CHECKED)

    def _finds_fit(self, state: State) -> bool:
        """Whether a new session may be used, as far as it looks at anything."""
        rules, data = self._rules, state.primary
        has_lapsed = rules.sees_its_own_row_in_each_session and data.row <= rules.margin
        is_fit = gate_is_fit(data, self._code, self._step) or not rules.looks_first_in_each_session
        return is_fit and not has_lapsed

    def _sends(self, state: State) -> Move:
        admitted = with_pod(state, request=Request.ADMITTED)
        if state.pod.session is None:
            return "pod: sends, and nobody is there", admitted
        is_violated = breaks(state.primary.schema, self._code)
        sent = with_pod(admitted, session=0)
        return f"pod: QUERY on schema {state.primary.schema}", sent._replace(is_violated=is_violated)

    def _leaving(self, state: State) -> Iterator[Move]:
        if state.pod.request is Request.NONE:
            yield "pod: ends", state._replace(pod=Pod(health=Health.GONE))
        is_idle = state.pod.request is Request.NONE
        if (
            (is_idle or not self._rules.keeps_its_row_while_serving)
            and state.primary.row
            and not _is_locked(state)
        ):
            yield "pod: deletes its row", state._replace(primary=state.primary._replace(row=0))

    def _ready(self, state: State) -> State:
        pod = state.pod
        age: int | None = min(age for age in (pod.lease_age, pod.round_age) if age is not None)
        # A round that took too long renews a lease that is over.
        age = age if lease_holds(age, self._rules) else None
        return with_pod(state, is_ready=age is not None, lease_age=age, round=Round.NONE, round_age=0)

    def _shut(self, state: State) -> State:
        return with_pod(state, is_ready=False, lease_age=None, round=Round.NONE, round_age=0)


def with_pod(state: State, **changes: object) -> State:
    """`state` with changes to the pod."""
    return state._replace(pod=state.pod._replace(**changes))  # type: ignore[arg-type]


def _is_locked(state: State) -> bool:
    """Nobody can write a reader's row meanwhile."""
    return state.migrator.stage in HOLDS_THE_LOCK
