"""Runs one command as the Job's process: its stop, its report, its one outcome, its exit code."""

from collections.abc import Callable, Mapping

import psycopg2

from db.contract.refusal import ExitCode, Refusal
from db.contract.settings import read, unknown
from db.contract.url import find_url
from db.runner.cancel import END_WITHIN_S, Stop, Terminated, run_until_stopped
from db.runner.failure import what_may_be_said
from db.runner.histories import known
from db.runner.outcome import Outcome, leave_termination_message, refused
from db.runner.report import Lines
from db.runner.session import Job, Trace
from db.runner.settings import RunnerSettings
from db.runner.sqlstate import exit_code, sqlstate


def run(
    command: Callable[[Job], Outcome],
    environ: Mapping[str, str],
    *,
    quiet: bool = False,
    several_heads: bool = False,
    end_within_s: float = END_WITHIN_S,
) -> ExitCode:
    """Do `command` for what `environ` says, and end with exactly one outcome, whatever happens.

    A `quiet` command has its answer printed already: only a failure is followed by an outcome.
    """
    settings = RunnerSettings()
    report = Lines()
    trace = Trace()

    def work(stop: Stop) -> Outcome:
        history = known(settings, several_heads=several_heads)
        trace.expected = history.image.heads
        url = find_url(environ, direct=True)
        for warning in (*unknown(RunnerSettings, environ), *url.warnings):
            report("warning", warning)
        try:
            return command(Job(url, settings, history, stop, report, trace))
        except Exception:
            # What an ended statement raises depends on where the signal met it.
            stop.check()
            raise

    def on_hang() -> None:
        _end(_cancelled(trace), settings, report)

    try:
        settings = read(RunnerSettings, environ)
        report = Lines(release=settings.release)
        outcome = run_until_stopped(work, on_hang, end_within_s=end_within_s)
    except Terminated:
        outcome = _cancelled(trace)
    except Exception as error:  # noqa: BLE001 - the one place where every failure becomes an outcome
        outcome = _failed(error, trace)
    if not quiet or outcome.code is not ExitCode.DONE:
        _end(outcome, settings, report)
    return outcome.code


def _end(outcome: Outcome, settings: RunnerSettings, report: Lines) -> None:
    leave_termination_message(outcome, settings.termination_log)
    report.end(outcome)


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
