"""What a run is given, and how it looks at the database before it does anything."""

from collections.abc import Callable
from typing import TypeVar

from db.contract.ledger import Snapshot, State
from db.contract.lineage import Lineage
from db.contract.names import History
from db.contract.refusal import ExitCode, Refusal
from db.contract.standing import Judgement, Standing, edited, judge
from db.contract.url import DatabaseUrl
from db.contract.value import Value
from db.runner.cancel import Stop
from db.runner.connect import connect, second
from db.runner.histories import Known
from db.runner.look import look
from db.runner.persistence import while_connections_are_lost, while_locked
from db.runner.pooling import LENT
from db.runner.report import Report
from db.runner.settings import RunnerSettings
from db.runner.wire import Connection

T = TypeVar("T")
_REFUSED = {Standing.UNVERSIONED, Standing.FOREIGN, Standing.DIVERGED, Standing.BROKEN}


class Trace:
    """What a run has seen and done so far, for an outcome that may come at any moment."""

    def __init__(self) -> None:
        self.found: tuple[str, ...] = ()
        self.expected: tuple[str, ...] = ()
        self.applied: list[str] = []
        self.knows_pooler = False
        self.one_by_one = False  # since taking several steps in one transaction has failed
        self.steps = 0  # to take in all, those in `applied` included


class Job(Value):
    """What a run is given: everything but the database."""

    url: DatabaseUrl
    settings: RunnerSettings
    known: Known
    stop: Stop
    report: Report
    trace: Trace

    @property
    def history(self) -> History:
        """Where the history lives."""
        return self.known.history

    @property
    def image(self) -> Lineage:
        """What this image knows of it."""
        return self.known.image

    def connect(self) -> Connection:
        """A connection in autocommit; raises Refusal as `db.runner.connect` says."""
        head = ",".join(self.image.heads)
        connection = connect(self.url, self.settings, head, self.stop, self.report)
        if connection.is_lent and not self.trace.knows_pooler:
            self.trace.knows_pooler = True
            self.report("warning", LENT)
        return connection

    def connect_again(self) -> Connection:
        """One more connection, to look on or for last words; raises psycopg2.Error where there is none."""
        return second(self.url, self.settings, ",".join(self.image.heads))

    def judge(self, connection: Connection) -> tuple[Snapshot, Judgement]:
        """What the database says, and how it stands to this image."""
        found = self.while_locked(connection, lambda: look(connection, self.history))
        if not self.trace.applied:
            self.trace.found = found.heads or ()
        return found, judge(found, self.image)

    def while_locked(self, connection: Connection, work: Callable[[], T]) -> T:
        """Do `work` on the version table or the ledger, again while someone holds them locked."""
        return while_locked(connection, self.history, work, self.settings, self.stop, self.report)

    def while_connections_are_lost(self, work: Callable[[], T]) -> T:
        """Do `work`, again from its beginning where its connection was lost."""
        return while_connections_are_lost(work, self.stop, self.report)


def refuse_unfit(database: Snapshot, judgement: Judgement, image: Lineage) -> None:
    """Raise Refusal with 81 where an applied script was edited, 79 where the database is not this image's."""
    if edited(database, image) and judgement.standing is Standing.FOREIGN:
        raise Refusal(ExitCode.DRIFT_OF_SCRIPTS, judgement.what, judgement.remedy)
    unexplained = judgement.standing is Standing.STALE and database.found - image.known
    if judgement.standing in _REFUSED or unexplained:
        raise Refusal(
            ExitCode.NOT_FOR_THIS_IMAGE, f"{judgement.standing}: {judgement.what}", judgement.remedy
        )


def refuse_half_undone(database: Snapshot) -> None:
    """Raise Refusal with 79 where a run died while it took a revision back: only going on that way is safe."""
    for row in database.rows.values():
        if row.state is State.REVERTING:
            raise Refusal(
                ExitCode.NOT_FOR_THIS_IMAGE,
                f"revision {row.revision} was being taken back when that run ended",
                "Let `python -m db downgrade` end what it began, then apply again",
            )
