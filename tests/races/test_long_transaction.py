"""A step whose table somebody reads for long: it stalls nobody for longer than it must, and goes on at once."""

from tests.eventually import eventually
from tests.job.database import Database
from tests.job.fixtures import Build
from tests.job.process import Job
from tests.job.scripts import FIRST, SECOND

# By then it pauses for seconds between its tries.
PATIENT = 7


def test_a_step_goes_on_when_the_long_transaction_in_its_way_has_ended(
    job: Job, found: Database, image: Build
) -> None:
    """It does not sit out its pause, and its tries do not grow: a longer one would stall readers and gain nothing."""
    job.run("upgrade", image=image(FIRST))
    with found.transaction("LOCK TABLE player IN ACCESS SHARE MODE") as reader:
        running = job.start("upgrade", image=image(FIRST, SECOND))
        eventually(lambda: len(running.says("step.retry")) >= PATIENT)
        reader.connection.commit()
        ended = running.end()
    assert ended.code == 0, ended.text
    assert ended.events("step.free")
    timeouts_ms = [line["lock_timeout_ms"] for line in ended.events("step.retry")]
    assert timeouts_ms[-1] == timeouts_ms[-2]
    assert found.says_applied("0001", "0002")
