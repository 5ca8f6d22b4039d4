"""The passing of time: everything is a tick older, and the server ends what has lasted too long."""

from collections.abc import Iterator

from tests.model.decisions import lease_holds
from tests.model.rules import Rules
from tests.model.state import HOLDS_THE_LOCK, Data, Health, Migrator, Pod, Request, State

Move = tuple[str, State]


def ticks(state: State, rules: Rules) -> Iterator[Move]:
    """A tick; none between a check and what is sent after it, unless somebody is frozen in between."""
    pod = state.pod
    if pod.request is Request.CHECKED and pod.health in {Health.RUNS, Health.LEAVING}:
        return
    yield (
        "tick",
        state._replace(
            primary=_older_data(state.primary),
            replica=_older_data(state.replica),
            pod=_older_pod(pod, rules),
            migrator=_older_migrator(state.migrator, rules),
        ),
    )


def _older_data(data: Data) -> Data:
    return data._replace(row=max(0, data.row - 1), watch=max(0, data.watch - 1))


def _older_pod(pod: Pod, rules: Rules) -> Pod:
    session = pod.session
    if session is not None and rules.idle_timeout is not None:
        # The server's clock goes on, whoever is frozen.
        session = session + 1 if session < rules.idle_timeout else None
    if pod.health is Health.SUSPENDED and not rules.counts_the_time_of_a_suspended_machine:
        return pod._replace(session=session)
    lease_age = None if pod.lease_age is None else pod.lease_age + 1
    if not lease_holds(lease_age, rules):
        lease_age = None
    return pod._replace(
        session=session,
        lease_age=lease_age,
        # What it decided last holds with its lease, and not again when that is renewed by half a round.
        is_ready=pod.is_ready and (lease_age is not None or not rules.renews_by_whole_rounds_only),
        round_age=min(pod.round_age + 1, rules.whole_lease) if pod.round else 0,
        request_age=min(pod.request_age + 1, rules.request_deadline + 1) if pod.request else 0,
    )


def _older_migrator(migrator: Migrator, rules: Rules) -> Migrator:
    if migrator.stage not in HOLDS_THE_LOCK or rules.hold is None:
        return migrator
    # The server ends a transaction that keeps the readers out for too long.
    return migrator._replace(hold=migrator.hold + 1) if migrator.hold < rules.hold else Migrator()
