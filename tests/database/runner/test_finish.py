"""`finish`: the trailing backfill, then the contract, once nobody who is alive reads what goes."""

from contextlib import closing
from dataclasses import replace

import psycopg2
import pytest

from db.contract.url import DatabaseUrl
from tests.eventually import eventually
from tests.job.database import Database
from tests.job.fixtures import Build
from tests.job.image import Image
from tests.job.process import Job
from tests.job.scripts import BACKFILL, CONTRACT, FIRST, HISTORY, SECOND, Script, execute
from tests.server.roles import session

AT_ONCE = ("finish", "--soak", "0", "--wait", "0")
PATIENTLY = ("finish", "--soak", "0", "--wait", "100")
SKILL = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'player'::regclass AND attname = 'skill'"


@pytest.fixture
def upgraded(job: Job, found: Database, release_2: Image) -> Database:
    """Release 2 is rolled out: 0002 is applied, the backfill and the contract are not."""
    assert job.run("upgrade", image=release_2).code == 0
    found.execute("INSERT INTO player SELECT n, 'p', n FROM generate_series(1, 500) AS n")
    return found


def test_finish_runs_the_backfill_and_then_the_contract(
    job: Job, upgraded: Database, release_2: Image
) -> None:
    """With no reader in the way everything that trails is applied, and rows are moved before they are dropped."""
    ended = job.run(*AT_ONCE, image=release_2)
    assert ended.code == 0, ended.text
    assert ended.outcome["applied"] == ["0003", "0004"]
    assert upgraded.says_applied("0001", "0002", "0003", "0004")
    assert upgraded.value("SELECT sum(rating) FROM player") == sum(range(501))
    assert upgraded.value(SKILL) == 0


def test_finish_has_nothing_to_do_twice(job: Job, upgraded: Database, release_2: Image) -> None:
    """A repeated finish changes nothing."""
    job.run(*AT_ONCE, image=release_2)
    before = upgraded.fingerprint
    ended = job.run(*AT_ONCE, image=release_2)
    assert (ended.code, ended.outcome["outcome"]) == (0, "nothing")
    assert upgraded.fingerprint == before


def test_a_live_reader_of_what_goes_holds_the_contract_back(
    job: Job, upgraded: Database, release_2: Image
) -> None:
    """80 names the reader and its release; the backfill, which is in nobody's way, is done all the same."""
    upgraded.register("pod-of-1", "0001", release="1-0-0")
    ended = job.run(*AT_ONCE, image=release_2)
    assert ended.code == 80, ended.text
    assert "pod-of-1 of release 1-0-0" in ended.outcome["message"]
    assert "0004" in ended.outcome["message"]
    assert "finish again" in ended.outcome["hint"]
    assert upgraded.says_applied("0001", "0002", "0003")
    assert upgraded.value(SKILL) == 1


@pytest.mark.parametrize("head", ["0002", "0003", "0004"])
def test_a_reader_that_has_stopped_using_it_is_in_nobodys_way(
    job: Job, upgraded: Database, release_2: Image, head: str
) -> None:
    """The pods of the new release do not hold back their own contract."""
    upgraded.register("pod-of-2", head)
    assert job.run(*AT_ONCE, image=release_2).code == 0
    assert upgraded.value(SKILL) == 0


def test_a_reader_whose_code_nobody_knows_is_in_the_way(
    job: Job, upgraded: Database, release_2: Image
) -> None:
    """What an unknown head uses can't be told, so the contract waits for it."""
    upgraded.register("pod-of-a-branch", "beef")
    ended = job.run(*AT_ONCE, image=release_2)
    assert ended.code == 80
    assert "pod-of-a-branch" in ended.outcome["message"]


def test_a_reader_whose_lease_has_ended_is_gone(job: Job, upgraded: Database, release_2: Image) -> None:
    """A pod that died without a word holds nothing back past its lease."""
    upgraded.register("dead-pod", "0001", lease_s=0)
    assert job.run(*AT_ONCE, image=release_2).code == 0


def test_the_contract_runs_when_the_reader_leaves(job: Job, upgraded: Database, release_2: Image) -> None:
    """finish waits, says for whom, and goes on by itself."""
    reader = upgraded.register("pod-of-1", "0001")
    running = job.start(*PATIENTLY, image=release_2)
    held = running.until("fence.held")
    assert "pod-of-1" in held["message"]
    assert upgraded.value(SKILL) == 1
    upgraded.leave(reader)
    ended = running.end()
    assert ended.code == 0, ended.text
    assert upgraded.says_applied("0001", "0002", "0003", "0004")


def test_while_it_waits_it_lets_others_through(
    job: Job, upgraded: Database, release_2: Image, image: Build
) -> None:
    """A finish that waits for a reader holds no lock: a newer release's Job passes it."""
    upgraded.register("pod-of-1", "0001")
    waiting = job.start(*PATIENTLY, image=release_2)
    waiting.until("fence.held")
    newer = image(*HISTORY[:3], Script("0005", "0003", up=execute("CREATE TABLE league ()")))
    assert job.run("upgrade", image=newer).code == 0
    assert waiting.process.poll() is None


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read"])
def test_a_reader_that_comes_between_look_and_lock_is_seen(
    job: Job, upgraded: Database, release_2: Image, isolation: str
) -> None:
    """Who registers while the fence waits for its lock is in the way, though the first look saw nobody."""
    upgraded.execute(
        f"ALTER DATABASE {upgraded.url.database} SET default_transaction_isolation = '{isolation}'"
    )
    with upgraded.transaction("LOCK TABLE ledger_reader IN ROW EXCLUSIVE MODE") as registering:
        running = job.start(*PATIENTLY, image=release_2)
        # The look has passed; the fence can't lock the readers out while one of them is registering.
        eventually(lambda: [line for line in running.says("step.retry") if line["revision"] == "0004"])
        registering.execute(
            "INSERT INTO ledger_reader VALUES (gen_random_uuid(), 'alembic_version', 'late-pod', '1-0-0', '{0001}',"
            " clock_timestamp(), clock_timestamp() + '600 s')"
        )
        registering.connection.commit()
    held = running.until("fence.held")
    assert "late-pod" in held["message"]
    assert upgraded.value(SKILL) == 1
    upgraded.execute("DELETE FROM ledger_reader")
    assert running.end().code == 0


def test_a_contract_that_takes_long_is_announced_only_when_nobody_is_in_its_way(
    job: Job, upgraded: Database, image: Build
) -> None:
    """An announcement turns old pods away at once, so a contract that has to wait has not been announced."""
    unmeasured = image(FIRST, SECOND, BACKFILL, replace(CONTRACT, is_measured=False))
    reader = upgraded.register("pod-of-1", "0001")
    running = job.start(*PATIENTLY, image=unmeasured)
    running.until("fence.held")
    assert "0004" not in upgraded.states
    upgraded.leave(reader)
    assert running.end().code == 0
    assert upgraded.says_applied("0001", "0002", "0003", "0004")


@pytest.mark.parametrize("measured", [True, False])
def test_a_reader_of_what_goes_meets_the_fence_and_not_the_drop(
    job: Job, upgraded: Database, image: Build, measured: bool
) -> None:
    """While a contract is under way nobody can register, or whoever does reads that it is under way."""
    slow = replace(CONTRACT, is_measured=measured, up=CONTRACT.up + "\n    " + execute("SELECT pg_sleep(3)"))
    running = job.start(*PATIENTLY, image=image(FIRST, SECOND, BACKFILL, slow))
    eventually(lambda: upgraded.is_any_runner("query LIKE '%pg_sleep%'"))
    if measured:
        with (
            pytest.raises(psycopg2.errors.LockNotAvailable),
            upgraded.transaction("SET lock_timeout = 100") as pod,
        ):
            pod.execute(
                "INSERT INTO ledger_reader SELECT gen_random_uuid(), 'h', 'n', 'r', '{}', now(), now()"
            )
    else:
        assert upgraded.states["0004"] == "applying"
    assert running.end().code == 0


def test_a_soak_is_waited_for(job: Job, upgraded: Database, release_2: Image) -> None:
    """A contract is not run before nobody in its way was seen for the soak, even where nobody is there now."""
    ended = job.run("finish", "--soak", "100", "--wait", "0", image=release_2)
    assert ended.code == 80, ended.text
    assert upgraded.value(SKILL) == 1


def test_finish_waits_for_the_upgrade(job: Job, found: Database, release_2: Image) -> None:
    """Started before the upgrade has reached its point, finish waits for it, or ends with 75."""
    early = job.run("finish", "--soak", "0", "--wait", "0", image=release_2)
    assert early.code == 75, early.text
    waiting = job.start(*PATIENTLY, image=release_2)
    waiting.until("finish.waiting")
    assert job.run("upgrade", image=release_2).code == 0
    assert waiting.end().code == 0
    assert found.says_applied("0001", "0002", "0003", "0004")


def test_an_upgrade_past_a_contract_names_the_release_to_pass_through(
    job: Job, found: Database, image: Build
) -> None:
    """A contract below what new code requires runs in the upgrade, and a reader in its way ends that with 80."""
    beyond = Script("0005", "0004", up=execute("ALTER TABLE player ADD COLUMN nick text"))
    assert job.run("upgrade", image=image(FIRST)).code == 0
    found.register("pod-of-1", "0001")
    release_3 = image(FIRST, SECOND, BACKFILL, CONTRACT, beyond)
    ended = job.run("upgrade", image=release_3)
    assert ended.code == 80, ended.text
    assert "0004" in ended.outcome["message"]
    assert "release between" in ended.outcome["hint"]
    assert found.says_applied("0001", "0002", "0003")
    found.execute("DELETE FROM ledger_reader")
    assert job.run("upgrade", image=release_3).code == 0
    assert found.says_applied("0001", "0002", "0003", "0004", "0005")


def test_a_session_that_no_reader_explains_holds_the_contract_back(
    job: Job, upgraded: Database, release_2: Image, service_url: DatabaseUrl
) -> None:
    """Who connects as the service without a lease may run any code: it is named, unless CALCIO_FENCE_UNREGISTERED."""
    with session(service_url):
        ended = job.run(*AT_ONCE, image=release_2, app_role=service_url.user)
        assert ended.code == 80, ended.text
        assert f"a session of {service_url.user} that no reader explains" in ended.outcome["message"]
        ignored = job.run(*AT_ONCE, image=release_2, app_role=service_url.user, fence_unregistered="ignore")
        assert ignored.code == 0, ignored.text
    assert upgraded.value(SKILL) == 0


def test_the_gate_of_a_pod_that_serves_nothing_holds_nothing_back(
    job: Job, upgraded: Database, release_2: Image, service_url: DatabaseUrl
) -> None:
    """An unready pod has no lease, and its gate reads the ledger alone: it must not wait for a contract for ever."""
    arguments = {**service_url.for_psycopg2(), "application_name": "calcio-gate/0001/pod-of-1"}
    with closing(psycopg2.connect(**arguments)):
        ended = job.run(*AT_ONCE, image=release_2, app_role=service_url.user)
    assert ended.code == 0, ended.text
    assert upgraded.value(SKILL) == 0


def test_after_a_failover_the_fence_watches_for_a_lease(
    job: Job, upgraded: Database, release_2: Image
) -> None:
    """Another server may have lost readers' rows: the contract waits until whoever lives has registered again."""
    upgraded.execute("UPDATE ledger_state SET server = 'another', server_seen_at = clock_timestamp()")
    running = job.start(*PATIENTLY, image=release_2)
    held = running.until("fence.held")
    assert "register again" in held["message"]
    assert running.end().code == 0
    assert upgraded.value(SKILL) == 0
