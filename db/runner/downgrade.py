"""`downgrade`: goes back, when no live reader needs what goes and a person has accepted exactly what is lost."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict

from alembic.runtime.migration import RevisionStep
from alembic.util import CommandError

from db.contract.refusal import ExitCode, Refusal
from db.contract.standing import listed
from db.runner.direction import Down
from db.runner.environment import Scripts
from db.runner.job import Job
from db.runner.loss import Loss, digest, losses
from db.runner.move import take
from db.runner.offline import written
from db.runner.outcome import Outcome
from db.runner.session import Session, opened
from db.runner.steps import Steps


def downgrade(job: Job, target: str, accepted: str | None) -> Outcome:
    """Go back to `target`, a revision or "base".

    Raises Refusal: 64 where there is no way there, 79 where the database has what this image does not know, 80
    where a live reader needs what goes, 85 where something would be lost and `accepted` is not its digest.
    """
    scripts = job.known.scripts()
    return job.while_connections_are_lost(lambda: _downgrade(job, scripts, target, accepted))


def _downgrade(job: Job, scripts: Scripts, target: str, accepted: str | None) -> Outcome:
    with opened(job) as session:
        found = session.judgement.found
        if unknown := set(found) - job.image.known:
            raise Refusal(
                ExitCode.NOT_FOR_THIS_IMAGE,
                f"the database has {listed(unknown)}, which this image does not know",
                "Go back with the image of the release that brought it",
            )
        steps = _steps(scripts, target, found)
        _demand_acceptance(session, scripts, steps, accepted)
        down = Down(target)
        take(job, Steps(session, scripts), down, "Roll the service back first, so that these readers leave")
    return _arrived(job)


def _steps(scripts: Scripts, target: str, found: Sequence[str]) -> list[RevisionStep]:
    try:
        return scripts.downgrade_steps(target, found)
    except CommandError as error:
        raise Refusal(
            ExitCode.USAGE, f"there is no way back from {listed(found)} to {target}: {error}"
        ) from error


def _demand_acceptance(
    session: Session, scripts: Scripts, steps: Sequence[RevisionStep], accepted: str | None
) -> None:
    sql = written(scripts, steps)
    statements = [statement for each in sql.values() for statement in each or ()]
    lost = (
        *losses(session.connection, statements, session.job.history.version_table),
        *(Loss(f"what {id_} undoes, known only when it runs", None) for id_ in sql if sql[id_] is None),
    )
    if not lost:
        return
    session.job.report(
        "downgrade.loss",
        f"going back loses {', '.join(map(str, lost))}",
        losses=[asdict(loss) for loss in lost],
    )
    expected = digest([step.revision.revision for step in steps], lost)
    if accepted != expected:
        raise Refusal(
            ExitCode.OTHER_PLAN,
            f"going back loses {', '.join(map(str, lost))}",
            f"Where that is meant: --accept-loss {expected}",
        )


def _arrived(job: Job) -> Outcome:
    with closing(job.connect()) as connection:
        database, judgement = job.judge(connection)
    reverted = job.trace.applied
    if left := database.rows.keys() & set(reverted):
        raise Refusal(ExitCode.INTERNAL, f"every step reported success, and {listed(left)} is still there")
    return Outcome(
        "applied" if reverted else "nothing",
        ExitCode.DONE,
        f"took back {', '.join(reverted)}; {judgement.what}" if reverted else judgement.what,
        found=job.trace.found,
        expected=job.image.heads,
        applied=reverted,
    )
