"""The rest of the rehearsal, when asked for (scripts/rehearse --all): each fault on a system of its own."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster.rehearsal import faults
from tests.cluster.rehearsal.record import Record
from tests.cluster.rehearsal.stage import Stage, stage

pytestmark = pytest.mark.skipif(
    not os.environ.get("CALCIO_REHEARSE_ALL"), reason="scripts/rehearse --all plays it"
)


@pytest.fixture
def live(
    request: pytest.FixtureRequest, release: str, records: list[Record], tmp_path: Path
) -> Iterator[Stage]:
    """N, installed and served; where the test ends well nothing may have been harmed."""
    name = request.node.name.removeprefix("test_").replace("_", " ")
    with stage(name, release, tmp_path / "overlay", records) as installed:
        yield installed
    assert (installed.record.harmed, installed.record.lost) == ([], [])


def test_a_migration_may_take_longer_than_probes_and_leases(live: Stage, make: Callable[..., str]) -> None:
    """New pods wait for it, unready and never restarted; old ones serve."""
    slow = make("slow")
    live.apply(slow)
    live.ended("migrate", slow)
    live.rolled_out()
    restarts = [
        one["restartCount"]
        for pod in live.pods("service", slow)
        for one in pod["status"]["containerStatuses"]
    ]
    assert restarts == [0, 0]


def test_a_job_may_be_killed_again_and_again(live: Stage, make: Callable[..., str]) -> None:
    """Whatever it was at: the pod after the last one that is killed completes what they began."""
    following = make("n_plus_1")
    live.apply(following)
    for _ in range(3):
        faults.kill_job(live, "migrate", following)
    live.ended("migrate", following)
    live.rolled_out()
    assert live.applied()[-2:] == ["9010", "9011"]


def test_pods_may_be_evicted_while_a_release_rolls_out(
    live: Stage, release: str, make: Callable[..., str]
) -> None:
    """The budget lets one go at a time, and each one that goes serves until nobody sends it anything."""
    faults.evict_all(live, release)
    following = make("n_plus_1")
    live.apply(following)
    live.ended("migrate", following)
    faults.evict_all(live, following)
    live.rolled_out()


def test_postgresql_may_be_killed_while_a_release_rolls_out(live: Stage, make: Callable[..., str]) -> None:
    """What fails, fails while the database is away; what was acknowledged before is there afterwards."""
    following = make("n_plus_1")
    live.apply(following)
    faults.kill_database(live)
    live.ended("migrate", following)
    live.rolled_out()
    faults.kill_database(live)


def test_two_releases_may_be_applied_at_once(live: Stage, make: Callable[..., str]) -> None:
    """Their Jobs take turns, and the pods are those of the one that was applied last."""
    slow, later = make("slow"), make("slow", "n_plus_1")
    live.apply(slow)
    live.apply(later)
    live.ended("migrate", slow)
    live.ended("migrate", later)
    live.rolled_out()
    assert live.applied()[-3:] == ["9001", "9010", "9011"]


def test_old_pods_may_start_while_a_contract_waits(
    live: Stage, release: str, make: Callable[..., str]
) -> None:
    """A rollback in the last moment holds the contract back, until the pods that it brought have left."""
    following = make("n_plus_1")
    live.apply(following, finish=True)
    live.rolled_out()
    live.apply(release, finish=True)
    live.rolled_out()
    assert "9012" not in live.applied()
    live.apply(following, finish=True)
    live.rolled_out()
    live.ended("finish", following)
    assert live.applied()[-1] == "9012"
