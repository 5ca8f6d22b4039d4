"""What each command of `python -m db` does: it imports what it needs, and hands on what it was told.

Imports stand in the functions: a run that has nothing to do must not pay for what the others need.
"""

import sys
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from db.contract.refusal import ExitCode

Environ = Mapping[str, str]


def upgrade(options: SimpleNamespace, environ: Environ) -> int:
    """Everything that this image relies on."""
    from db.runner import upgrade as module
    from db.runner.run import run

    def command(job: Any) -> Any:
        if options.accept_drift:
            from db.runner.drift import accept

            accept(job, options.accept_drift)
        return module.upgrade(job)

    environ = _approving(options, environ)
    return run(command, environ, as_json=options.json, several_heads=options.target == "heads")


def finish(options: SimpleNamespace, environ: Environ) -> int:
    """The rest, once nobody needs what goes."""
    from db.runner import finish as module
    from db.runner.run import run

    def command(job: Any) -> Any:
        soak_s = job.settings.lease_s if options.soak is None else options.soak
        return module.finish(job, soak_s, options.wait)

    return run(command, _approving(options, environ), as_json=options.json)


def _approving(options: SimpleNamespace, environ: Environ) -> Environ:
    """What was approved on the command line goes before what the settings say."""
    return {**environ, "CALCIO_APPROVED_PLAN": options.approved} if options.approved else environ


def check(options: SimpleNamespace, environ: Environ) -> int:
    """Would this image serve now?"""
    from db.runner import questions
    from db.runner.run import run

    return run(questions.check, environ, as_json=options.json)


def wait(options: SimpleNamespace, environ: Environ) -> int:
    """Until this image would serve."""
    from db.runner import questions
    from db.runner.run import run

    return run(lambda job: questions.wait(job, options.wait), environ, as_json=options.json)


def ask(options: SimpleNamespace, environ: Environ) -> int:
    """status, history, events, readers: the question has the command's name."""
    from db.runner import questions, views

    question = getattr(questions, options.name)
    return views.answer(question, options.name, environ, as_json=options.json)


def verify(options: SimpleNamespace, environ: Environ) -> int:
    """The catalogue against models and ledger."""
    from db.runner import verify as module
    from db.runner import views

    def code(found: Mapping[str, Any]) -> ExitCode:
        return ExitCode.DRIFT_OF_SCHEMA if found["drift"] else ExitCode.DONE

    return views.answer(module.verify, "verify", environ, as_json=options.json, code=code)


def plan(options: SimpleNamespace, environ: Environ) -> int:
    """What would be done."""
    from db.runner import plan as module
    from db.runner import views

    def code(found: Mapping[str, Any]) -> ExitCode:
        return ExitCode.PENDING if found["steps"] else ExitCode.DONE

    return views.answer(module.plan, "plan", environ, as_json=options.json, code=code)


def stamp(options: SimpleNamespace, environ: Environ) -> int:
    """A person says where the database is."""
    from db.runner import stamp as module
    from db.runner.run import run

    return run(lambda job: module.stamp(job, options.revisions), environ, as_json=options.json)


def downgrade(options: SimpleNamespace, environ: Environ) -> int:
    """The way back."""
    from db.runner import downgrade as module
    from db.runner.run import run

    def command(job: Any) -> Any:
        return module.downgrade(job, options.target, options.accept_loss)

    return run(command, environ, as_json=options.json)


def hold(options: SimpleNamespace, environ: Environ) -> int:
    """A command as a registered reader."""
    from functools import partial

    from db.runner import hold as module
    from db.runner.outcome import Outcome
    from db.runner.report import beside_a_child
    from db.runner.run import run

    codes = []

    def command(job: Any) -> Outcome:
        codes.append(module.hold(job, options.child))
        return Outcome("nothing", ExitCode.DONE, "")

    # The command is told to stop as soon as this process is, and may take its time.
    report_for = partial(beside_a_child, as_json=options.json)
    code = run(command, environ, quiet=True, end_within_s=3600.0, report_for=report_for)
    return codes[0] if codes else code


def settings(options: SimpleNamespace, environ: Environ) -> int:
    """What is set, and where it comes from."""
    from db.contract.settings import describe, unknown
    from db.contract.value import as_dict
    from db.runner import views
    from db.runner.settings import RunnerSettings

    explained = describe(RunnerSettings, environ)
    if options.json:
        import json

        print(json.dumps([as_dict(setting) for setting in explained]))
    else:
        views.show("settings", [as_dict(setting) for setting in explained])
    for warning in unknown(RunnerSettings, environ):
        print(warning, file=sys.stderr)
    return ExitCode.DONE


def lock(options: SimpleNamespace, environ: Environ) -> int:
    """The lockfile."""
    from pathlib import Path

    from db.authoring import lock as module
    from db.contract.settings import read
    from db.contract.url import find_url
    from db.runner.settings import RunnerSettings

    settings = read(RunnerSettings, environ)
    if settings.migrations is not None:
        print(module.write_of(settings, Path(options.path) if options.path else None))
    else:
        print(module.check() if options.check else module.write(lambda: find_url(environ)))
    return ExitCode.DONE


def revision(options: SimpleNamespace, environ: Environ) -> int:
    """The next script."""
    from db.authoring import revision as module
    from db.contract.url import find_url

    print(f"wrote {module.revision(options.message, find_url(environ))}: read it, then say phase and breaks")
    return ExitCode.DONE
