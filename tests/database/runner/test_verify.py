"""`verify`: what the catalogue has and the models have not, with the SQL that mends it."""

import json

import pytest

from tests.job.database import Database
from tests.job.process import Job


@pytest.fixture
def at_head(job: Job, found: Database) -> Database:
    """This project's own schema, finished."""
    job.run("upgrade")
    job.run("finish", "--soak", "0", "--wait", "30")
    return found


@pytest.mark.usefixtures("at_head")
def test_a_finished_database_has_no_drift(job: Job) -> None:
    """Models, scripts and ledger describe one schema."""
    ended = job.run("verify", "--json")
    assert (ended.code, json.loads(ended.stdout)["drift"]) == (0, [])


@pytest.mark.parametrize(
    "done",
    [
        "ALTER TABLE player ADD COLUMN extra int",
        "ALTER TABLE player ALTER COLUMN name DROP NOT NULL",
        "ALTER TABLE player DROP CONSTRAINT ck_player_name_length, ADD CONSTRAINT ck_player_name_length"
        " CHECK (length(name) BETWEEN 1 AND 80) NOT VALID",
        "ALTER TABLE player ADD CONSTRAINT named CHECK (name <> '')",
        "CREATE INDEX extra ON player (name)",
        "UPDATE ledger_revision SET breaks = '{:0001}' WHERE revision = '0001'",
    ],
)
def test_what_somebody_changed_is_named_with_its_repair(job: Job, at_head: Database, done: str) -> None:
    """The repair, run as it is printed, leaves nothing to say."""
    at_head.execute(done)
    ended = job.run("verify", "--json")
    drift = json.loads(ended.stdout)["drift"]
    assert ended.code == 84, ended.text
    assert len(drift) == 1, drift
    at_head.execute(drift[0]["repair"])
    assert job.run("verify").code == 0
