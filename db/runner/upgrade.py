"""`upgrade`: applies everything up to the last required revision, or says why not."""

from collections.abc import Sequence
from contextlib import closing

from db.contract.refusal import ExitCode
from db.contract.standing import Judgement, Standing
from db.runner import granting
from db.runner.job import Job, refuse_half_undone, refuse_unfit
from db.runner.outcome import Outcome

NOTHING_TO_UPGRADE = {Standing.AT_HEAD, Standing.AHEAD, Standing.UNFINISHED}


def upgrade(job: Job) -> Outcome:
    """Run to the last required revision; raises Refusal, and what `db.runner.move` says."""

    def once() -> Outcome:
        with closing(job.connect()) as connection:
            database, judgement = job.judge(connection)
            refuse_unfit(database, judgement, job.image)
            refuse_half_undone(database)
            role = job.settings.app_role
            granted = not role or granting.is_granted(connection, job.history, role)
            if judgement.standing in NOTHING_TO_UPGRADE and granted and not job.trace.applied:
                return nothing(judgement)
            # Alembic and SQLAlchemy take longer to import than all the rest of a run that has nothing to do.
            from db.runner.move import move

            return move(job, job.image.upgrade_target, connection)

    return job.while_connections_are_lost(once)


def nothing(judgement: Judgement, applied: Sequence[str] = ()) -> Outcome:
    """The outcome of a run that found nothing to do, or nothing more after it had `applied` some."""
    ahead = judgement.standing is Standing.AHEAD
    return Outcome(
        "applied" if applied else "ahead" if ahead else "nothing",
        ExitCode.DONE,
        judgement.what,
        found=judgement.found,
        expected=judgement.expected,
        applied=applied,
        hint="the database stands ahead, and compatible: nothing was changed" if ahead else "",
    )
