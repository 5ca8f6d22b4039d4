"""Runs one command as the Job's process: its stop, its report, its one outcome, its exit code."""

import json
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from functools import partial

import psycopg2

from db.contract.refusal import ExitCode, Refusal
from db.contract.settings import read, unknown
from db.contract.url import find_url
from db.runner.cancel import END_WITHIN_S, Stop, Terminated, run_until_stopped
from db.runner.histories import known
from db.runner.job import Job, Trace
from db.runner.outcome import Outcome, leave_termination_message, refused
from db.runner.report import Reporting, on
from db.runner.settings import RunnerSettings
from db.runner.sqlstate import exit_code, sqlstate

# Where nobody was connected, nothing can be remembered.
_NEVER_CONNECTED = {
    ExitCode.SCRIPTS,
    ExitCode.UNREACHABLE,
    ExitCode.POOLER,
    ExitCode.PERMISSION,
    ExitCode.CONFIGURATION,
    ExitCode.READ_ONLY,
}


class Run:
    """One command as a process: it ends with exactly one outcome, whatever happens.

    A `quiet` command only looks, and prints its own answer: only a failure is followed by an outcome.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        quiet: bool,
        several_heads: bool,
        report_for: Callable[[str | None], Reporting],
    ) -> None:
        self._environ = environ
        self._quiet = quiet
        self._several_heads = several_heads
        self._settings = RunnerSettings()
        self._report_for = report_for
        self._report = report_for(None)
        self._trace = Trace()
        self._job: Job | None = None

    def end_of(self, command: Callable[[Job], Outcome], *, within_s: float) -> ExitCode:
        """Do `command`; answers the exit code, when everything is said."""
        try:
            self._settings = read(RunnerSettings, self._environ)
            self._report = self._report_for(self._settings.release)
            outcome = run_until_stopped(partial(self._work, command), self._hang, end_within_s=within_s)
        except Terminated:
            outcome = _cancelled(self._trace)
        except Exception as error:  # noqa: BLE001 - the one place where every failure becomes an outcome
            outcome = _failed(error, self._trace)
        if not self._quiet:
            self._try_to_remember(outcome)
        if not self._quiet or outcome.code is not ExitCode.DONE:
            self._say(outcome)
        return outcome.code

    def _work(self, command: Callable[[Job], Outcome], stop: Stop) -> Outcome:
        history = known(self._settings, several_heads=self._several_heads)
        self._trace.expected = history.image.heads
        url = find_url(self._environ, direct=True)
        for warning in (*unknown(RunnerSettings, self._environ), *url.warnings):
            self._report("warning", warning)
        self._job = Job(url, self._settings, history, stop, self._report, self._trace)
        try:
            return command(self._job)
        except Exception:
            # What an ended statement raises depends on where the signal met it.
            stop.check()
            raise

    def _hang(self) -> None:
        self._say(_cancelled(self._trace))

    def _say(self, outcome: Outcome) -> None:
        leave_termination_message(outcome, self._settings.termination_log)
        self._report.end(outcome)

    def _try_to_remember(self, outcome: Outcome) -> None:
        # A database that does not answer must not keep the process from its end.
        last_word = threading.Thread(target=self._remember, args=(outcome,), name="last word", daemon=True)
        last_word.start()
        last_word.join(0.5 if outcome.code is ExitCode.TERMINATED else 5.0)

    def _remember(self, outcome: Outcome) -> None:
        """Append the outcome to the ledger's events: the pod, its log and its message go, the ledger stays."""
        job = self._job
        if job is None or outcome.outcome in {"nothing", "ahead"} or outcome.code in _NEVER_CONNECTED:
            return
        from db.runner.record import Ledger

        # Where there is no ledger to write to, or no database any more, the log has to do.
        with (
            suppress(psycopg2.Error),
            closing(job.connect_again()) as connection,
            connection.cursor() as cursor,
        ):
            ledger = Ledger(job.history, job.settings)
            ledger.event(cursor, "outcome", outcome.revision, **json.loads(outcome.as_json()))


def run(
    command: Callable[[Job], Outcome],
    environ: Mapping[str, str],
    *,
    as_json: bool = False,
    quiet: bool = False,
    several_heads: bool = True,
    end_within_s: float = END_WITHIN_S,
    report_for: Callable[[str | None], Reporting] | None = None,
) -> ExitCode:
    """Do `command` for what `environ` says; it reports on stdout, unless `report_for` a release says otherwise."""

    def report(release: str | None) -> Reporting:
        return on(sys.stdout, release=release, as_json=as_json)

    one = Run(environ, quiet=quiet, several_heads=several_heads, report_for=report_for or report)
    return one.end_of(command, within_s=end_within_s)


def _cancelled(trace: Trace) -> Outcome:
    return Outcome(
        "cancelled",
        ExitCode.TERMINATED,
        "the run was told to stop; what was under way is rolled back or will be completed",
        found=trace.found,
        expected=trace.expected,
        applied=trace.applied,
        hint="Run the Job again: it goes on from there",
    )


def _failed(error: Exception, trace: Trace) -> Outcome:
    state = sqlstate(error)
    if not isinstance(error, Refusal):
        # What most runs do not need is imported where it is needed: docs/decisions/0013.
        from db.runner.failure import what_may_be_said

        database = isinstance(getattr(error, "orig", error), psycopg2.Error)
        code = exit_code(error) if database else ExitCode.INTERNAL
        # The text of an unforeseen error may hold anything; its class, place and SQLSTATE do not.
        error = Refusal(code, what_may_be_said(error))
    return Outcome(
        refused(error.code),
        error.code,
        error.message,
        found=trace.found,
        expected=trace.expected,
        applied=trace.applied,
        revision=getattr(error, "revision", None),
        sqlstate=getattr(error, "sqlstate", state),
        blockers=getattr(error, "blockers", ()),
        attempts=getattr(error, "attempts", 0),
        hint=error.remedy,
    )
