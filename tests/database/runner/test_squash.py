"""A baseline takes the place of the revisions it replaces, for databases that have them and for empty ones."""

from dataclasses import replace

from tests.job.database import Database
from tests.job.fixtures import Build
from tests.job.process import Job
from tests.job.scripts import FIRST, SECOND, Script, execute

BASELINE = Script(
    "b1",
    up=execute("CREATE TABLE player (id int PRIMARY KEY, name text NOT NULL, skill int, rating int)"),
    replaces=("0001", "0002"),
)
NEXT = Script("0003", "b1", up=execute("ALTER TABLE player ADD COLUMN nickname text"))


def test_a_database_with_all_that_was_replaced_goes_on_from_the_baseline(
    job: Job, found: Database, image: Build
) -> None:
    """The rows of what was replaced stay beside the baseline's, and only what is new is applied."""
    job.run("upgrade", image=image(FIRST, SECOND))
    ended = job.run("upgrade", image=image(BASELINE, NEXT))
    assert ended.code == 0, ended.text
    assert ended.outcome["applied"] == ["0003"]
    assert found.heads == {"0003"}
    assert found.states == dict.fromkeys(("0001", "0002", "b1", "0003"), "applied")


def test_an_image_from_before_the_squash_goes_on_serving(job: Job, image: Build) -> None:
    """It counts on the rows of the revisions that it knows."""
    job.run("upgrade", image=image(FIRST, SECOND))
    job.run("upgrade", image=image(BASELINE, NEXT))
    assert job.run("check", image=image(FIRST, SECOND)).code == 0


def test_an_empty_database_gets_the_baseline_itself(job: Job, found: Database, image: Build) -> None:
    """What was replaced is not missed where it never was."""
    assert job.run("upgrade", image=image(BASELINE, NEXT)).code == 0
    assert found.says_applied("b1", "0003")


def test_half_of_what_was_replaced_is_refused(job: Job, found: Database, image: Build) -> None:
    """The scripts that would apply the rest are gone: the last release that has them comes first."""
    job.run("upgrade", image=image(FIRST))
    refused = job.run("upgrade", image=image(BASELINE, replace(NEXT)))
    assert refused.code == 79, refused.text
    assert "0002" in refused.outcome["message"]
    assert found.says_applied("0001")
