"""Notices that somebody else moved the version meanwhile: plain `alembic` takes no lock of ours."""

from collections.abc import Collection

from db.contract.names import History
from db.contract.refusal import ExitCode, Refusal
from db.runner.version import IS_VERSION
from db.runner.wire import Connection

_IS_LEDGER = (
    "(SELECT heads @> %(heads)s::text[] AND heads <@ %(heads)s::text[]"
    " FROM {schema}.ledger_state WHERE history = {history})"
)


class Overtaken(Refusal):
    """What this run knows of the version is no longer so; begun again, it knows better."""

    def __init__(self) -> None:
        super().__init__(
            ExitCode.TEMPORARY,
            "somebody without this run's lock moved alembic_version while it was under way",
            "When plain `alembic` has ended, run the Job again: it reconciles the ledger",
        )


def refuse_overtaken(connection: Connection, history: History, heads: Collection[str]) -> None:
    """Raise Overtaken where version and ledger are not both at `heads`."""
    with connection.cursor() as cursor:
        cursor.execute(history.fill(f"SELECT {IS_VERSION} AND {_IS_LEDGER}"), {"heads": list(heads)})
        (is_so,) = cursor.fetchone() or (False,)
    if not is_so:
        raise Overtaken
