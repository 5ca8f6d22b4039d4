"""`upgrade`: from empty to the last required revision, once, with a ledger that says so."""

import json
from dataclasses import replace

from db.contract.url import DatabaseUrl
from tests.job.database import Database
from tests.job.fixtures import Build
from tests.job.image import OURS, Image
from tests.job.process import Job
from tests.job.scripts import BACKFILL, FIRST, SECOND, execute

TAKE_LONG = {
    "alembic",
    "argparse",
    "dataclasses",
    "hashlib",
    "inspect",
    "pathlib",
    "random",
    "sqlalchemy",
    "traceback",
    "urllib.parse",
}


def test_an_empty_database_is_taken_to_the_last_required_revision(
    job: Job, found: Database, release_2: Image
) -> None:
    """What new code relies on is applied, and the trailing backfill and contract are left to finish."""
    ended = job.run("upgrade", image=release_2)
    assert ended.code == 0, ended.text
    assert found.says_applied("0001", "0002")
    assert ended.outcome["outcome"] == "applied"
    assert ended.outcome["found"] == []
    assert ended.outcome["expected"] == ["0004"]
    assert ended.outcome["applied"] == ["0001", "0002"]


def test_a_second_run_has_nothing_to_do(job: Job, found: Database, release_2: Image) -> None:
    """A Job that is applied again changes nothing, not even in the ledger."""
    job.run("upgrade", image=release_2)
    before = found.fingerprint
    ended = job.run("upgrade", image=release_2)
    assert ended.code == 0, ended.text
    assert ended.outcome["outcome"] == "nothing"
    assert found.fingerprint == before


def test_a_run_with_nothing_to_do_imports_next_to_nothing(job: Job, release_2: Image) -> None:
    """What takes longer to import than the database to ask is left to the runs that have something to do."""
    job.run("upgrade", image=release_2)
    ended = job.run("upgrade", image=release_2, environ={"PYTHONPROFILEIMPORTTIME": "1"})
    assert ended.outcome["outcome"] == "nothing"
    imported = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()}
    assert imported >= {"psycopg2", "db.contract.standing"}
    assert imported & TAKE_LONG == set()


def test_this_projects_own_history_arrives_at_its_head(job: Job, found: Database) -> None:
    """The committed scripts go from empty to the head by upgrade and finish, each in the ledger."""
    assert job.run("upgrade").code == 0
    assert job.run("finish", "--soak", "0", "--wait", "60").code == 0
    status = json.loads(job.run("status", "--json").stdout)
    assert (status["standing"], status["pending"]) == ("at_head", [])
    assert set(found.states) == {path.stem[:4] for path in (OURS.migrations / "versions").glob("*.py")}


def test_each_step_has_its_event_and_its_figures(job: Job, found: Database, release_2: Image) -> None:
    """The ledger keeps who applied what, for which release, how long it took and how much it wrote."""
    job.run("upgrade", image=release_2, release="2-0-0", git_sha="abc123")
    rows = found.rows(
        "SELECT release, git_sha, actor, source, duration_ms >= 0, lsn_after > lsn_before FROM ledger_revision"
    )
    assert rows == [("2-0-0", "abc123", "calcio", "step", True, True)] * 2
    assert [revision for revision, _ in found.events("upgrade")] == ["0001", "0002"]


def test_the_outcome_is_left_for_the_kubelet(job: Job, release_2: Image) -> None:
    """The termination message is the last log line, word for word, and fits."""
    ended = job.run("upgrade", image=release_2)
    assert json.loads(ended.termination_message) == ended.outcome
    assert len(ended.termination_message.encode()) <= 4096


def test_the_outcome_is_remembered_in_the_ledger(job: Job, found: Database, release_2: Image) -> None:
    """When pod, log and message are gone, the ledger still has what the run came to."""
    ended = job.run("upgrade", image=release_2)
    [(_, remembered)] = found.events("outcome")
    assert remembered == ended.outcome


def test_a_failing_run_is_remembered_too(job: Job, found: Database, image: Build) -> None:
    """Why a release did not come is written where the next person looks."""
    broken = image(FIRST, replace(SECOND, up=execute("nonsense")))
    ended = job.run("upgrade", image=broken)
    [(revision, remembered)] = found.events("outcome")
    assert revision == "0002"
    assert remembered == ended.outcome


def test_every_event_is_one_line_with_a_time_and_a_release(job: Job, release_2: Image) -> None:
    """A log collector reads each line by itself, and standard error stays empty."""
    ended = job.run("upgrade", image=release_2, release="2-0-0")
    assert ended.stderr == ""
    *events, _ = ended.lines
    assert {"at", "event", "message", "release"} <= set.intersection(*map(set, events))
    assert [line["revision"] for line in ended.events("step.end")] == ["0001", "0002"]


def test_the_service_may_use_what_was_made_and_change_nothing(
    job: Job, found: Database, release_2: Image, unprivileged_url: DatabaseUrl
) -> None:
    """CALCIO_APP_ROLE reads and writes rows from the commit that makes a table, and only reads the ledger."""
    role = unprivileged_url.user
    ended = job.run("upgrade", image=release_2, app_role=role)
    assert ended.code == 0, ended.text

    def may(table: str) -> set[str]:
        rights = "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER"
        return {
            right
            for right in rights
            if found.value("SELECT has_table_privilege(%s, %s, %s)", role, table, right)
        }

    rows = {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert may("player") == may("ledger_reader") == rows
    assert may("alembic_version") == may("ledger_revision") == may("ledger_state") == {"SELECT"}
    assert not found.value("SELECT has_schema_privilege(%s, 'public', 'CREATE')", role)


def test_upgrade_goes_through_a_backfill_that_new_code_relies_on(
    job: Job, found: Database, image: Build
) -> None:
    """A required data revision is applied before the rollout, with all its rows."""
    release_1 = image(FIRST, SECOND)
    job.run("upgrade", image=release_1)
    found.execute("INSERT INTO player (id, name, skill) SELECT n, 'p', n FROM generate_series(1, 500) n")
    ended = job.run("upgrade", image=image(FIRST, SECOND, replace(BACKFILL, required=True)))
    assert ended.code == 0, ended.text
    assert found.value("SELECT count(*) FROM player WHERE rating = skill") == 500
    assert found.says_applied("0001", "0002", "0003")


def test_a_backfill_takes_every_id(job: Job, found: Database, release_2: Image) -> None:
    """Also those at zero and below, which a sequence does not make and an import may."""
    job.run("upgrade", image=release_2)
    found.execute("INSERT INTO player (id, name, skill) SELECT id, 'p', id FROM generate_series(-3, 3) AS id")
    ended = job.run("finish", "--soak", "0", image=release_2)
    assert ended.code == 0, ended.text
    assert found.rows("SELECT id FROM player WHERE rating IS DISTINCT FROM id") == []
