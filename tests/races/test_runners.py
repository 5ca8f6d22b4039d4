"""However many runners come at once, every step is taken by exactly one of them, and all of them end well."""

from collections import Counter
from pathlib import Path

import pytest

from tests.job.database import Database
from tests.job.image import OURS, Image
from tests.job.process import Ended, Job
from tests.kills.chain import LINEAGE, OWN_HISTORY

RUNNERS = 6
FINISH = ("finish", "--soak", "0", "--wait", "100")
UPGRADED = tuple(id_ for id_, revision in LINEAGE.revisions.items() if revision.required)


def together(job: Job, *runs: tuple[Image, tuple[str, ...]]) -> list[Ended]:
    """Start all of them, then wait for all of them."""
    running = [job.start(*command, image=image) for image, command in runs]
    return [run.end() for run in running]


def codes(ended: list[Ended]) -> list[int]:
    return [end.code for end in ended]


def taken(found: Database) -> Counter[str | None]:
    """How often each step was taken, by the record."""
    return Counter(revision for revision, _ in found.events("upgrade"))


@pytest.fixture
def earlier(tmp_path: Path) -> Image:
    """The image of an earlier release."""
    return OWN_HISTORY.image(tmp_path / "earlier", "0004")


@pytest.mark.parametrize("at", ["nothing", "0004", "the last required revision"])
def test_six_upgrades_at_once_take_each_step_once(job: Job, found: Database, earlier: Image, at: str) -> None:
    """From empty, from behind and with nothing to do, all end with 0, and no step is missing or doubled."""
    if at != "nothing":
        job.run("upgrade", image=earlier if at == "0004" else OURS)
    ended = together(job, *[(OURS, ("upgrade",))] * RUNNERS)
    assert codes(ended) == [0] * RUNNERS, [end.text for end in ended if end.code]
    assert taken(found) == dict.fromkeys(UPGRADED, 1)
    assert found.says_applied(*UPGRADED)


def test_six_finishes_at_once_take_each_step_once(job: Job, found: Database) -> None:
    """The lock is held for one revision at a time, and still each is applied by one of them only."""
    job.run("upgrade")
    ended = together(job, *[(OURS, FINISH)] * RUNNERS)
    assert codes(ended) == [0] * RUNNERS, [end.text for end in ended if end.code]
    assert taken(found) == dict.fromkeys(LINEAGE.revisions, 1)
    assert found.says_applied(*LINEAGE.revisions)


def test_two_releases_at_once_arrive_at_the_newer_one(job: Job, found: Database, earlier: Image) -> None:
    """Whichever comes first, the older image's runs end with 0, before the newer one's or on what they left."""
    half = RUNNERS // 2
    ended = together(job, *[(earlier, ("upgrade",)), (OURS, ("upgrade",))] * half)
    assert codes(ended) == [0] * RUNNERS, [end.text for end in ended if end.code]
    assert taken(found) == dict.fromkeys(UPGRADED, 1)
    assert found.says_applied(*UPGRADED)


def test_an_older_image_ends_well_or_is_told_while_a_newer_one_contracts(
    job: Job, found: Database, earlier: Image
) -> None:
    """Beside upgrade and finish of a release that takes away what it uses, it ends with 0, or with 79: broken."""
    job.run("upgrade", image=earlier)
    ended = together(
        job,
        *[(earlier, ("upgrade",))] * 2,
        (OURS, ("upgrade",)),
        (OURS, FINISH),
        *[(earlier, ("upgrade",))] * 2,
    )
    *_, upgrade, finish, _, _ = codes(ended)
    assert (upgrade, finish) == (0, 0), [end.text for end in ended if end.code]
    assert set(codes(ended)) <= {0, 79}
    assert all("takes away what this image uses" in end.text for end in ended if end.code)
    assert taken(found) == dict.fromkeys(LINEAGE.revisions, 1)
    assert job.run("upgrade", image=earlier).code == 79
