"""The rest of the rehearsal, when asked for (scripts/rehearse --all): each fault on a system of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from db.contract import lockfile
from tests.cluster.rehearsal import client, faults, reverting
from tests.cluster.rehearsal.record import Record
from tests.cluster.rehearsal.stage import Stage, stage


@pytest.fixture(scope="module")
def following(make: Callable[..., str]) -> str:
    """N+1."""
    return make("n_plus_1")


@pytest.fixture(scope="module")
def slow(make: Callable[..., str]) -> str:
    """A release whose migration takes longer than a lease."""
    return make("slow")


@pytest.fixture(scope="module")
def last(make: Callable[..., str]) -> str:
    """The release after the slow one."""
    return make("slow", "n_plus_1")


@pytest.fixture
def live(
    request: pytest.FixtureRequest, release: str, records: list[Record], tmp_path: Path
) -> Iterator[Stage]:
    """N, installed and served; where the test ends well nothing may have been harmed."""
    name = request.node.name.removeprefix("test_").replace("_", " ")
    with stage(name, release, tmp_path / "overlay", records) as installed:
        yield installed
    assert (installed.record.harmed, installed.record.lost) == ([], [])


def test_a_migration_may_take_longer_than_probes_and_leases(live: Stage, slow: str) -> None:
    """New pods wait for it, unready and never restarted; old ones serve."""
    live.apply(slow)
    live.ended("migrate", slow)
    live.rolled_out()
    restarts = [
        one["restartCount"]
        for pod in live.pods("service", slow)
        for one in pod["status"]["containerStatuses"]
    ]
    assert restarts == [0, 0]


def test_a_job_may_be_killed_again_and_again(live: Stage, slow: str) -> None:
    """Whatever it was at: the pod after the last one that is killed completes what they began."""
    live.apply(slow)
    for _ in range(3):
        faults.kill_job(live, "migrate", slow, within_s=5)
    live.ended("migrate", slow)
    live.rolled_out()
    assert live.applied().count("9001") == 1


def test_pods_may_be_evicted_while_a_release_rolls_out(live: Stage, release: str, following: str) -> None:
    """The budget lets one go at a time, and each one that goes serves until nobody sends it anything."""
    faults.evict_all(live, release)
    live.apply(following)
    live.ended("migrate", following)
    faults.evict_all(live, following)
    live.rolled_out()


def test_postgresql_may_be_killed_while_a_release_rolls_out(live: Stage, following: str) -> None:
    """What fails, fails while the database is away; what was acknowledged before is there afterwards."""
    live.apply(following)
    faults.kill_database(live)
    live.ended("migrate", following)
    live.rolled_out()


def test_two_releases_may_be_applied_at_once(live: Stage, slow: str, last: str) -> None:
    """Their Jobs take turns, and the pods are those of the one that was applied last."""
    live.apply(slow)
    live.apply(last)
    live.ended("migrate", slow)
    live.ended("migrate", last)
    live.rolled_out()
    assert live.applied()[-3:] == ["9001", "9010", "9011"]


def test_old_pods_may_start_while_a_contract_waits(live: Stage, release: str, following: str) -> None:
    """A rollback in the last moment holds the contract back, until the pods that it brought have left."""
    live.apply(following, finish=True)
    live.rolled_out()
    live.apply(release, finish=True)
    live.rolled_out()
    assert "9012" not in live.applied()
    live.apply(following, finish=True)
    live.rolled_out()
    live.ended("finish", following)
    assert live.applied()[-1] == "9012"


def test_the_schema_may_go_back_under_load(live: Stage, release: str, following: str) -> None:
    """After the pods: what goes is named, accepted and gone; nobody writes, for one row more is another loss."""
    head = lockfile.read_entries()[-1].revision.revision
    live.apply(following)
    live.ended("migrate", following)
    live.rolled_out()
    live.apply(release)
    live.rolled_out()
    live.mark("end writing")
    client.tell(live.place, "SIGUSR1")
    reverting.revert(live, following, head, reverting.refused(live, following, head))
    live.ended("revert", following)
    assert live.psql("SELECT to_json(version_num) FROM alembic_version") == [head]
