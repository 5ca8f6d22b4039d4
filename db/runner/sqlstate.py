"""What an error of PostgreSQL means for a run: try the step again, connect again, or end, and with which code."""

from enum import Enum

import psycopg2

from db.contract.refusal import ExitCode


class Meaning(Enum):
    """What to do about an error."""

    RETRY_STEP = "retry the step"
    RECONNECT = "connect again and read again"
    FATAL = "end"


_RETRY_STEP = {"55P03", "40P01", "40001"}
_RECONNECT = {"57P01", "57P02", "57P03", "53300"}
_CODES = {
    "42501": ExitCode.PERMISSION,
    "25006": ExitCode.READ_ONLY,
    "57014": ExitCode.MIGRATION,  # statement_timeout; a cancel of our own is told apart before this is asked
}
_CLASSES = {"53": ExitCode.RESOURCES, "58": ExitCode.RESOURCES, "28": ExitCode.PERMISSION}


def sqlstate(error: BaseException) -> str | None:
    """The SQLSTATE of `error`, or of the psycopg2 error that SQLAlchemy wrapped; None where there is none."""
    original = getattr(error, "orig", error)
    return getattr(original, "pgcode", None)


def meaning(error: BaseException) -> Meaning:
    """What `error` asks for."""
    state = sqlstate(error)
    if state is None:
        original = getattr(error, "orig", error)
        lost = isinstance(original, psycopg2.OperationalError | psycopg2.InterfaceError)
        return Meaning.RECONNECT if lost else Meaning.FATAL
    if state in _RETRY_STEP:
        return Meaning.RETRY_STEP
    return Meaning.RECONNECT if state in _RECONNECT or state.startswith("08") else Meaning.FATAL


def exit_code(error: BaseException) -> ExitCode:
    """What a process ends with that was ended by `error`."""
    if meaning(error) is not Meaning.FATAL:
        return ExitCode.TEMPORARY
    state = sqlstate(error) or ""
    return _CODES.get(state) or _CLASSES.get(state[:2]) or ExitCode.MIGRATION
