"""A step that failed: with which exit code, and what may be said of it.

PostgreSQL puts rows' values into its messages ("Key (email)=(…) already exists"), and a migration may put anything
into its own. So a message is handed on only where its SQLSTATE is one that names objects, never values.
"""

import traceback
from collections.abc import Sequence
from pathlib import Path

import psycopg2

from db.contract.refusal import ExitCode, Refusal
from db.runner.sqlstate import exit_code, sqlstate

# Undefined and duplicate objects, privileges, locks, time-outs: their messages hold names and numbers only.
_NAMES_ONLY = {
    "3F000", "40P01", "42501", "42701", "42703", "42704", "42710", "42723", "42883", "42939", "42P01", "42P06",
    "42P07", "42P16", "2BP01", "25P03", "25P04", "55P03", "55006", "57014", "53100", "53200", "58030",
}  # fmt: skip
HINTS = {
    "57014": "CALCIO_STATEMENT_TIMEOUT_S, or the five seconds of a step that keeps readers out, ended it, and would"
    " again: raise the setting for this run, or split the step",
    "25P03": "Python worked inside the step's transaction for too long: move it out of the transaction",
    "25P04": "the step holds its transaction open for too long: move Python out of it, or split the step",
    "23505": "rows contradict the constraint: correct them in a data revision before it",
    "23502": "rows hold NULL: fill them in a data revision before it",
    "42501": "the Job's role needs this right: grant it, or make it the owner",
    "53100": "the disk is full: free or add space, then run the Job again",
}


class StepFailed(Refusal):
    """A step ended its run; the steps before it stay."""

    def __init__(
        self,
        error: BaseException,
        revision: str | None,
        *,
        blockers: Sequence[str],
        attempts: int,
        state: str | None = None,
    ) -> None:
        self.sqlstate = state or sqlstate(error)
        self.revision = revision
        self.blockers = tuple(blockers)
        self.attempts = attempts
        if isinstance(error, Refusal):
            super().__init__(error.code, error.message, error.remedy)
        else:
            hint = HINTS.get(self.sqlstate or "", "Correct the revision, build the image, and apply again")
            super().__init__(_code(error), f"revision {revision} failed: {what_may_be_said(error)}", hint)


def _code(error: BaseException) -> ExitCode:
    if isinstance(getattr(error, "orig", error), psycopg2.Error):
        return exit_code(error)
    return ExitCode.RESOURCES if isinstance(error, MemoryError) else ExitCode.MIGRATION


def what_may_be_said(error: BaseException) -> str:
    """The kind of `error` and the objects it is about."""
    original = getattr(error, "orig", error)
    if not isinstance(original, psycopg2.Error):
        # The name of a module is no secret, and what is to be installed.
        module = f" of {error.name}" if isinstance(error, ImportError) and error.name else ""
        return f"{type(error).__name__}{module}{_place(error)}"
    diagnostics = original.diag
    names = {
        "constraint": diagnostics.constraint_name,
        "table": diagnostics.table_name,
        "column": diagnostics.column_name,
    }
    parts = [f"{kind} {name}" for kind, name in names.items() if name]
    if original.pgcode in _NAMES_ONLY and diagnostics.message_primary:
        parts.insert(0, diagnostics.message_primary)
    return f"{type(original).__name__} ({original.pgcode}){': ' if parts else ''}{', '.join(parts)}"


def _place(error: BaseException) -> str:
    """Where in a revision's script it happened."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "versions" in frame.filename]
    return f" at {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
