"""`downgrade`: back behind the fence, and never over rows that nobody has given up."""

from tests.database.gate.ledger import TOUCH
from tests.job.database import Database
from tests.job.fixtures import Build
from tests.job.image import Image
from tests.job.process import Job
from tests.job.scripts import FIRST, INDEX, SECOND


def test_going_back_leaves_the_schema_and_the_ledger_as_they_were(
    job: Job, found: Database, release_1: Image, release_2: Image
) -> None:
    """Up and down again is nowhere, for the catalogue and for the ledger."""
    job.run("upgrade", image=release_1)
    before = found.schema
    job.run("upgrade", image=release_2)
    ended = job.run("downgrade", "0001", image=release_2)
    assert ended.code == 0, ended.text
    assert ended.outcome["applied"] == ["0002"]
    assert found.says_applied("0001")
    assert found.schema == before


def test_rows_that_would_be_lost_are_counted_and_asked_for(
    job: Job, found: Database, release_2: Image
) -> None:
    """Without the digest of exactly that loss nothing is touched; with it, it goes."""
    job.run("upgrade", image=release_2)
    found.execute("INSERT INTO player (id, name, rating) VALUES (1, 'Ada', 7), (2, 'Bruno', NULL)")
    before = found.schema
    asked = job.run("downgrade", "0001", image=release_2)
    assert asked.code == 85, asked.text
    assert "column player.rating (1 rows)" in asked.outcome["message"]
    digest = asked.outcome["hint"].split()[-1]
    assert (found.schema, found.says_applied("0001", "0002")) == (before, True)
    ended = job.run("downgrade", "0001", "--accept-loss", digest, image=release_2)
    assert ended.code == 0, ended.text
    assert found.says_applied("0001")


def test_an_accepted_loss_is_no_other_loss(job: Job, found: Database, release_2: Image) -> None:
    """One more row than was accepted is one more question."""
    job.run("upgrade", image=release_2)
    found.execute("INSERT INTO player (id, name, rating) VALUES (1, 'Ada', 7)")
    digest = job.run("downgrade", "0001", image=release_2).outcome["hint"].split()[-1]
    found.execute("INSERT INTO player (id, name, rating) VALUES (2, 'Bruno', 8)")
    ended = job.run("downgrade", "0001", "--accept-loss", digest, image=release_2)
    assert ended.code == 85, ended.text
    assert "(2 rows)" in ended.outcome["message"]


def test_a_live_reader_of_what_goes_is_in_the_way(job: Job, found: Database, release_2: Image) -> None:
    """A pod of the newer release still relies on it: it is named, and nothing is taken from it."""
    job.run("upgrade", image=release_2)
    instance = found.register("service-2", "0004", release="2.0.0")
    held = job.run("downgrade", "0001", image=release_2)
    assert held.code == 80, held.text
    assert "service-2 of release 2.0.0" in held.outcome["message"]
    assert found.says_applied("0001", "0002")
    found.leave(instance)
    assert job.run("downgrade", "0001", image=release_2).code == 0


def test_a_concurrent_step_goes_back_too(job: Job, found: Database, image: Build) -> None:
    """What is announced on the way up is announced on the way down, and gone at the end."""
    indexed = image(FIRST, INDEX)
    job.run("upgrade", image=indexed)
    assert job.run("downgrade", "0001", image=indexed).code == 0
    assert found.says_applied("0001")
    assert not [line for line in found.schema if "ix_player_name" in line]


def test_what_was_left_half_undone_is_ended_before_anything_else(
    job: Job, found: Database, image: Build
) -> None:
    """A downgrade that died on its way is not taken for a schema that can be built upon."""
    indexed = image(FIRST, INDEX)
    job.run("upgrade", image=indexed)
    found.execute("UPDATE ledger_revision SET state = 'reverting' WHERE revision = '0002'", TOUCH)
    refused = job.run("upgrade", image=indexed)
    assert refused.code == 79, refused.text
    assert "downgrade" in refused.outcome["hint"]
    assert job.run("downgrade", "0001", image=indexed).code == 0
    assert job.run("upgrade", image=indexed).code == 0
    assert found.says_applied("0001", "0002")


def test_there_is_no_way_back_to_nowhere(job: Job, found: Database, image: Build) -> None:
    """A revision that is not below is a word that was mistyped."""
    job.run("upgrade", image=image(FIRST, SECOND))
    assert job.run("downgrade", "0007", image=image(FIRST, SECOND)).code == 64
    assert found.says_applied("0001", "0002")
