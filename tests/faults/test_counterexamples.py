"""The ways of tests/model/test_counterexamples.py, walked by real processes, servers and stops."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from db.contract.url import DatabaseUrl
from tests.database.gate.ledger import FENCE
from tests.eventually import eventually
from tests.faults import pod
from tests.faults.pod import Moment
from tests.job.database import Database
from tests.job.fixtures import Build
from tests.job.image import Image
from tests.job.process import Job, text_of
from tests.job.scripts import CONTRACT, HISTORY
from tests.repository.tree import ROOT
from tests.server.roles import SERVICE, session

FINISH = ("finish", "--soak", "0", "--wait", "60")
SKILL = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'player'::regclass AND attname = 'skill'"
SERVING = "SELECT FROM pg_stat_activity WHERE application_name LIKE 'calcio-service/%%' AND datname = %s"
AND = "\n    "


@pytest.fixture
def upgraded(job: Job, found: Database, release_2: Image, server_url: DatabaseUrl) -> Database:
    """Release 2 is rolled out, with the service's role limited; the backfill and the contract are to come."""
    ended = job.run("upgrade", image=release_2, app_role=SERVICE, **pod.SETTINGS)
    assert ended.code == 0, ended.text
    # The tests' owner is no superuser, and is told so: somebody else runs what it names.
    [missing] = ended.events("limits.missing")
    with session(server_url) as superuser:
        superuser.execute(missing["message"].partition("as a superuser: ")[2])
    return found


@pytest.fixture(scope="session")
def standstill(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that takes the time for which a process was stopped off all its clocks."""
    compiler = shutil.which("cc") or pytest.skip("found no cc; `apt-get install gcc libc6-dev` brings one")
    library = tmp_path_factory.mktemp("standstill") / "standstill.so"
    source = ROOT / "tests" / "faults" / "standstill.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-Wall", "-Werror", "-o", library, source], check=True)
    return library


@contextmanager
def stopped_pod(
    url: DatabaseUrl, image: Image, moment: Moment = Moment.CHECKED, preloaded: Path | None = None
) -> Iterator["subprocess.Popen[str]"]:
    """A ready pod of `image` that has admitted a request, and has stopped at that moment of it."""
    clocks = {"LD_PRELOAD": str(preloaded)} if preloaded else {}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.pod", str(image.lockfile), moment],
        cwd=ROOT,
        env={"PATH": os.defpath, "DATABASE_URL": text_of(url), **clocks},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == "stopped\n"
        eventually(lambda: is_stopped(process.pid))
        yield process
    finally:
        process.kill()
        process.communicate()


def is_stopped(pid: int) -> bool:
    """Whether the kernel says so: its state is the first letter behind the program's name in brackets."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("T")


def go_on(process: "subprocess.Popen[str]") -> str:
    """What it says came of its statement."""
    process.send_signal(signal.SIGCONT)
    return process.communicate(timeout=60)[0].strip()


def test_what_a_frozen_pod_sends_too_late_meets_no_session(
    job: Job, upgraded: Database, service_url: DatabaseUrl, release_1: Image, release_2: Image
) -> None:
    """T5: stopped between its check and its statement, a pod loses its session before it loses its row."""
    with stopped_pod(service_url, release_1) as process:
        eventually(lambda: not upgraded.rows(SERVING, service_url.database))
        assert upgraded.value("SELECT count(*) FROM ledger_reader") == 1
        finish(job, release_2, upgraded)
        assert go_on(process) == "nobody was there, unfit"


def test_without_the_servers_limit_it_would_have_run(
    job: Job,
    server_url: DatabaseUrl,
    upgraded: Database,
    service_url: DatabaseUrl,
    release_1: Image,
    release_2: Image,
) -> None:
    """T5 is real: take the idle timeout from the role, and PostgreSQL runs it on the schema that breaks it."""
    take_the_limit_away(server_url, service_url)
    with stopped_pod(service_url, release_1) as process:
        # Somebody who does not want to hear of sessions that no reader explains.
        finish(job, release_2, upgraded, fence_unregistered="ignore")
        assert go_on(process) == "answered 42703"


def take_the_limit_away(server_url: DatabaseUrl, service_url: DatabaseUrl) -> None:
    with session(server_url) as superuser:
        superuser.execute(
            f"ALTER ROLE {SERVICE} IN DATABASE {service_url.database} SET idle_session_timeout = 0"
        )


def finish(job: Job, release: Image, upgraded: Database, *, fence_unregistered: str = "hold") -> None:
    """Take away what the pod's code reads."""
    settings = {**pod.SETTINGS, "fence_unregistered": fence_unregistered}
    ended = job.run(*FINISH, image=release, app_role=SERVICE, **settings)
    assert ended.code == 0, ended.text
    assert upgraded.value(SKILL) == 0


def test_a_pod_whose_machine_stood_still_meets_neither_its_session_nor_a_new_one(
    job: Job,
    upgraded: Database,
    service_url: DatabaseUrl,
    release_1: Image,
    release_2: Image,
    standstill: Path,
) -> None:
    """T7: all its clocks say that it has the time; its session is gone, and a new one looks at the schema first."""
    with stopped_pod(service_url, release_1, Moment.ADMITTED, standstill) as process:
        eventually(lambda: not upgraded.rows(SERVING, service_url.database))
        finish(job, release_2, upgraded)
        assert go_on(process) == "nobody was there, unfit"


def test_a_pod_whose_machine_stood_still_is_told_before_the_contract_comes(
    upgraded: Database, service_url: DatabaseUrl, release_1: Image, standstill: Path
) -> None:
    """T7: no contract has come yet, but none would wait for it any more: a new session sees that first."""
    with stopped_pod(service_url, release_1, Moment.ADMITTED, standstill) as process:
        eventually(lambda: upgraded.rows("SELECT FROM ledger_reader WHERE expires_at < clock_timestamp()"))
        # As the fence does: it looks at who is there, and nobody registers meanwhile.
        with upgraded.transaction(FENCE):
            assert go_on(process) == "nobody was there, lapsed"


@pytest.mark.parametrize("stands_still", [True, False], ids=["clocks stand still", "clocks go on"])
def test_without_the_servers_limit_only_a_clock_that_goes_on_would_have_helped(
    job: Job,
    server_url: DatabaseUrl,
    upgraded: Database,
    service_url: DatabaseUrl,
    release_1: Image,
    release_2: Image,
    standstill: Path,
    stands_still: bool,
) -> None:
    """T7 is real: with the idle timeout taken from the role, a machine that stood still runs it on the new schema."""
    take_the_limit_away(server_url, service_url)
    preloaded = standstill if stands_still else None
    with stopped_pod(service_url, release_1, Moment.ADMITTED, preloaded) as process:
        # Somebody who does not want to hear of sessions that no reader explains.
        finish(job, release_2, upgraded, fence_unregistered="ignore")
        assert go_on(process) == ("answered 42703" if stands_still else "too late")


def test_a_row_lives_for_as_long_as_its_pod_said(job: Job, upgraded: Database, release_2: Image) -> None:
    """T3: a runner whose own lease is shorter does not take a pod for dead that it would have given up itself."""
    upgraded.register("pod", "0001", lease_s=600)
    upgraded.execute("UPDATE ledger_reader SET registered_at = registered_at - interval '1 hour'")
    ended = job.run("finish", "--soak", "0", "--wait", "0", image=release_2, lease_s=2)
    assert ended.code == 80, ended.text
    assert upgraded.value(SKILL) == 1


def test_a_stopped_runner_keeps_nobody_out_for_long(
    job: Job, found: Database, image: Build, tmp_path: Path
) -> None:
    """A runner that is stopped while it holds the fence loses it to the server, and readers register again."""
    mark = str(tmp_path / "stopped")
    once = (
        f"os.path.exists({mark!r}) or (open({mark!r}, 'w').close(), os.kill(os.getpid(), {signal.SIGSTOP:d}))"
    )
    stops = replace(CONTRACT, up=AND.join(["import os", once, CONTRACT.up]))
    release = image(*HISTORY[:3], stops)
    assert job.run("upgrade", image=release).code == 0
    running = job.start(*FINISH, image=release)
    eventually(lambda: is_stopped(running.process.pid))
    # Behind the lock: until the server ends it, this waits.
    found.register("pod", "0004")
    running.send(signal.SIGCONT)
    assert running.end().code in {0, 82}
    assert job.run(*FINISH, image=release).code == 0
    assert found.says_applied("0001", "0002", "0003", "0004")
