"""`upgrade --accept-drift`: an edited revision is the same one by a person's word, and for older images still."""

from dataclasses import replace

from tests.job.database import Database
from tests.job.fixtures import Build
from tests.job.process import Job
from tests.job.scripts import FIRST, SECOND, execute

EDITED = replace(SECOND, up=execute("ALTER TABLE player ADD COLUMN rating integer"))


def test_an_accepted_edit_is_no_refusal_any_more(job: Job, found: Database, image: Build) -> None:
    """It is named in the audit, and the next run has nothing to do."""
    job.run("upgrade", image=image(FIRST, SECOND))
    edited = image(FIRST, EDITED)
    assert job.run("upgrade", image=edited).code == 81
    assert job.run("upgrade", "--accept-drift", "0002", image=edited).code == 0
    assert [revision for revision, _ in found.events("accept-drift")] == ["0002"]
    assert job.run("upgrade", image=edited).outcome["outcome"] == "nothing"


def test_an_accepted_edit_turns_no_older_image_away(job: Job, image: Build) -> None:
    """Pods with the script as it was applied go on: both contents count from then on."""
    job.run("upgrade", image=image(FIRST, SECOND))
    job.run("upgrade", "--accept-drift", "0002", image=image(FIRST, EDITED))
    assert job.run("check", image=image(FIRST, SECOND)).code == 0
    assert job.run("check", image=image(FIRST, EDITED)).code == 0


def test_nothing_is_accepted_before_it_happens(job: Job, image: Build) -> None:
    """A flag that stays in a manifest must not wait there for the next edit."""
    job.run("upgrade", image=image(FIRST, SECOND))
    assert job.run("upgrade", "--accept-drift", "0002", image=image(FIRST, SECOND)).code == 64
