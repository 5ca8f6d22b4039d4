"""Tells whether a step is still in the transaction that was begun for it: a revision can leave it in many ways."""

from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from db.contract.refusal import ExitCode, Refusal
from db.runner.wire import Connection

# In a statement: which transaction it runs in.
TRANSACTION = "pg_catalog.pg_current_xact_id()::text"


def is_left(connection: Connection) -> bool:
    """Whether what comes next would not be in a transaction that is open now; libpq knows, without asking."""
    return connection.autocommit or connection.info.transaction_status == TRANSACTION_STATUS_IDLE


class Left(Refusal):
    """82: a revision ended the transaction that would have held it and its ledger row together."""

    def __init__(self, revision: str) -> None:
        super().__init__(
            ExitCode.MIGRATION,
            f"revision {revision} committed, or rolled back, by itself",
            "What it needs outside of its transaction belongs into op.get_context().autocommit_block()",
        )
