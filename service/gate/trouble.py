"""What kept the database from answering, in a closed vocabulary: never an exception's own text."""

import asyncpg


class StandbyAnsweredError(ConnectionError):
    """The gate reached a standby, where no reader can register."""


class UnreadableLedgerError(ConnectionError):
    """The ledger holds what this image's contract has no word for."""


class UnfitSchemaError(ConnectionError):
    """A new session met a schema that this image's code must not use."""


class LapsedError(ConnectionError):
    """A new session found this process's row gone, or about to go: no contract waits for it any more."""


# What is no evidence of the schema, and nothing else.
NO_ANSWER = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)

STANDBY = "a standby answered, and readers register at the primary: name it in DATABASE_URL_DIRECT"
_BY_TYPE: dict[type[BaseException], str] = {
    StandbyAnsweredError: STANDBY,
    UnreadableLedgerError: "the ledger holds what this image cannot read: look at it with `python -m db history`",
    UnfitSchemaError: "requests would meet another schema than the gate: compare DATABASE_URL_DIRECT with DATABASE_URL",
    LapsedError: "this process's row has lapsed, whatever its own clock says: did its machine stand still?",
    TimeoutError: "the database did not answer in time",
}
_BY_SQLSTATE = {
    "25006": STANDBY,  # to LISTEN, already
    "28": "the database does not accept the user name and password of the service's URL",
    "3D000": "the server has no database of the name in the service's URL",
    "42501": "the service's role may not read alembic_version: run the Job with CALCIO_APP_ROLE set to it",
    "53300": "the database has no connection slot left",
    "57014": "the database did not answer in time: is alembic_version locked?",
    "57P01": "the database is shutting down",
    "57P03": "the database is starting up",
}


def in_words(error: BaseException) -> str:
    """What to tell a person about `error`."""
    sqlstate = getattr(error, "sqlstate", None) or ""
    known = _BY_TYPE.get(type(error)) or _BY_SQLSTATE.get(sqlstate) or _BY_SQLSTATE.get(sqlstate[:2])
    if known:
        return known
    if isinstance(error, OSError):
        return "the database was not reached"
    return f"the database did not answer ({type(error).__name__}{' ' if sqlstate else ''}{sqlstate})"
