"""`stamp`: a person says where a database is, and the ledger says it too."""

from tests.job.database import Database
from tests.job.image import Image
from tests.job.process import Job


def test_an_unversioned_database_is_taken_over(job: Job, found: Database, release_2: Image) -> None:
    """Tables that came from elsewhere get a version by a person's word, and the next run builds upon them."""
    found.execute("CREATE TABLE player (id int PRIMARY KEY, name text NOT NULL, skill int)")
    assert job.run("upgrade", image=release_2).code == 79
    assert job.run("stamp", "0001", image=release_2).code == 0
    assert found.says_applied("0001")
    assert found.value("SELECT source FROM ledger_revision") == "stamp"
    assert found.events("stamp") == [(None, {"heads": ["0001"]})]
    assert job.run("upgrade", image=release_2).code == 0
    assert found.says_applied("0001", "0002")


def test_a_stamp_downwards_takes_the_rows_along(job: Job, found: Database, release_2: Image) -> None:
    """Rows and version never say two things."""
    job.run("upgrade", image=release_2)
    assert job.run("stamp", "0001", image=release_2).code == 0
    assert found.says_applied("0001")


def test_an_unknown_revision_is_no_place_to_be(job: Job, found: Database, release_2: Image) -> None:
    """What this image has not, it can't stamp."""
    assert job.run("stamp", "0099", image=release_2).code == 64
    assert found.fingerprint == Database(found.url).fingerprint


def test_what_a_newer_release_brought_is_not_stamped_away(
    job: Job, found: Database, release_1: Image, release_2: Image
) -> None:
    """An older image does not know what it would be forgetting."""
    job.run("upgrade", image=release_2)
    assert job.run("stamp", "0001", image=release_1).code == 79
    assert found.says_applied("0001", "0002")
