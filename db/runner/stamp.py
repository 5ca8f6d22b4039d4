"""`stamp`: a person says which revisions a database is at; version and ledger are written, nothing is run."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing

from db.contract.ledger import State
from db.contract.lineage import Lineage
from db.contract.refusal import ExitCode, Refusal
from db.contract.standing import Standing, listed
from db.runner import founding, lock
from db.runner.job import Job
from db.runner.outcome import Outcome
from db.runner.record import Ledger
from db.runner.version import Move
from db.runner.watch import bounded
from db.runner.wire import Connection

# As Alembic calls them; base begins a history beside tables that are not its own.
_NAMED: Mapping[str, Callable[[Lineage], Sequence[str]]] = {
    "base": lambda _: (),
    "head": lambda image: image.heads,
    "heads": lambda image: image.heads,
}


def stamp(job: Job, revisions: Sequence[str]) -> Outcome:
    """Write that exactly `revisions`, and what stands below them, are applied: "base" for none, "heads" for all.

    Raises Refusal with 64 for a revision this image does not know, 75 where no synchronous standby confirms it, 79
    where the database has one of which this image knows nothing: what it means would be lost, so nothing purges it.
    """
    heads = _NAMED[revisions[0]](job.image) if revisions[0] in _NAMED else revisions
    _refuse_unknown(heads, job.image)
    with (
        closing(job.connect()) as connection,
        lock.held(connection, job.history, job.settings.lock_budget_s, job.stop, job.report),
    ):
        database, judgement = job.judge(connection)
        if unknown := (database.found | database.rows.keys()) - job.image.known:
            raise Refusal(
                ExitCode.NOT_FOR_THIS_IMAGE,
                f"the database has {listed(unknown)}, which this image does not know",
                "Stamp with the image of the release that brought it",
            )
        empty = judgement.standing is Standing.EMPTY
        with bounded(job, connection, "the stamp"):
            founding.found_ledger(connection, job.history, in_empty_database=empty)
            _write(job, connection, Move(database.found, heads))
    return Outcome(
        "applied",
        ExitCode.DONE,
        f"the database now says that it is at {listed(heads)}; nothing was run",
        found=database.heads or (),
        expected=job.image.heads,
    )


def _write(job: Job, connection: Connection, move: Move) -> None:
    ledger = Ledger(job.history, job.settings)
    applied = job.image.closure(move.after)
    with connection, connection.cursor() as cursor:
        cursor.execute(
            job.history.fill(
                "DELETE FROM {schema}.ledger_revision WHERE history = {history} AND revision <> ALL (%s)"
            ),
            (list(applied),),
        )
        for id_, revision in job.image.revisions.items():
            if id_ in applied:
                ledger.write(cursor, revision, State.APPLIED, source="stamp")
        ledger.moved(cursor, move)
        ledger.event(cursor, "stamp", None, heads=list(move.after))


def _refuse_unknown(heads: Sequence[str], image: Lineage) -> None:
    if unknown := set(heads) - image.revisions.keys():
        raise Refusal(
            ExitCode.USAGE,
            f"this image has no revision {listed(unknown)}",
            f"It ends at {listed(image.heads)}; `python -m db history` shows what is applied",
        )
