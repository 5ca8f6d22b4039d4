"""`python -m db COMMAND`: the Job's program, and the one a person asks."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from db.contract.refusal import ExitCode, Refusal


class Parser(argparse.ArgumentParser):
    """argparse ends with 2, which means "pending" here."""

    def error(self, message: str) -> NoReturn:
        """Say what was expected, and end with 64."""
        self.print_usage(sys.stderr)
        self.exit(ExitCode.USAGE, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run one command; answers the exit code."""
    options = _parser().parse_args(arguments)
    if options.migrations:
        environ = {**environ, "CALCIO_MIGRATIONS": options.migrations}
    command: Callable[[argparse.Namespace, Mapping[str, str]], int] = options.command
    return command(options, environ)


def _parser() -> Parser:
    parser = Parser(prog="python -m db", description="Moves the schema, and says how it stands.")
    parser.add_argument(
        "--migrations", metavar="DIR", help="another project's folder of env.py (CALCIO_MIGRATIONS)"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[..., int], help_: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help_, description=help_)
        added.set_defaults(command=command)
        return added

    upgrade = add("upgrade", _upgrade, "apply everything that this image's code relies on")
    upgrade.add_argument(
        "target",
        nargs="?",
        metavar="heads",
        choices=["heads"],
        help="the history has several heads by design",
    )
    upgrade.add_argument("--approved", metavar="DIGEST", help="of the only plan that may be applied")
    finish = add("finish", _finish, "apply the rest, once no live reader needs what it takes away")
    finish.add_argument(
        "--soak", type=float, metavar="S", help="how long no reader was in the way (one lease)"
    )
    finish.add_argument(
        "--wait", type=float, default=3600, metavar="S", help="how long to wait for that (3600)"
    )
    add("check", _check, "would this image serve now? 0 or 79")
    wait = add("wait", _wait, "wait until this image would serve")
    wait.add_argument("--wait", type=float, default=3600, metavar="S", help="how long (3600)")
    for name, command, help_ in (
        ("status", _asked("status"), "how the database stands to this image"),
        ("history", _asked("history"), "what was applied, when, by whom"),
        ("events", _asked("events"), "everything that was done, in order"),
        ("readers", _asked("readers"), "who serves from this schema"),
        ("plan", _plan, "what upgrade and finish would do: 0 nothing, 2 something"),
        ("verify", _verify, "the catalogue against models and ledger: 0, or 84 and the SQL that mends it"),
        ("settings", _settings, "every setting with its meaning, value and source"),
    ):
        add(name, command, help_).add_argument("--json", action="store_true", help="for programs")
    downgrade = add("downgrade", _downgrade, "go back, when nobody needs what goes")
    downgrade.add_argument("target", metavar="REVISION", help="where to; base is before the first one")
    downgrade.add_argument("--accept-loss", metavar="DIGEST", help="of exactly what the refusal named")
    stamp = add("stamp", _stamp, "say which revisions the database is at; nothing is run")
    stamp.add_argument("revisions", nargs="+", metavar="REVISION", help="its heads, all of them")
    hold = add("hold", _hold, "run a command as a registered reader; it ends when its lease does")
    hold.add_argument("child", nargs="+", metavar="COMMAND", help="-- and the command")
    lock = add("lock", _lock, "write db/revisions.lock from the scripts")
    lock.add_argument("--check", action="store_true", help="only compare")
    revision = add(
        "revision", _revision, "write the next revision's script (scripts/revision starts the database)"
    )
    revision.add_argument("message", help='a verb and its object: "add rating to players"')
    return parser


def _upgrade(options: argparse.Namespace, environ: Mapping[str, str]) -> ExitCode:
    from db.runner.run import run
    from db.runner.upgrade import upgrade

    if options.approved:
        environ = {**environ, "CALCIO_APPROVED_PLAN": options.approved}
    return run(upgrade, environ, several_heads=options.target is not None)


def _finish(options: argparse.Namespace, environ: Mapping[str, str]) -> ExitCode:
    from db.runner.finish import finish
    from db.runner.run import run

    def command(job: Any) -> Any:
        soak_s = job.settings.lease_s if options.soak is None else options.soak
        return finish(job, soak_s, options.wait)

    return run(command, environ)


def _check(_: argparse.Namespace, environ: Mapping[str, str]) -> ExitCode:
    from db.runner.questions import check
    from db.runner.run import run

    return run(check, environ)


def _wait(options: argparse.Namespace, environ: Mapping[str, str]) -> ExitCode:
    from db.runner.questions import wait
    from db.runner.run import run

    return run(lambda job: wait(job, options.wait), environ)


def _asked(name: str) -> Callable[..., ExitCode]:
    """The command that asks the question `name`, and shows the answer by the view of that name."""

    def command(options: argparse.Namespace, environ: Mapping[str, str]) -> ExitCode:
        from db.runner import questions, views

        ask, view = getattr(questions, name), getattr(views, name)
        return views.answer(ask, view, environ, as_json=options.json)

    return command


def _verify(options: argparse.Namespace, environ: Mapping[str, str]) -> ExitCode:
    from db.runner import views
    from db.runner.verify import verify

    def code(found: Mapping[str, Any]) -> ExitCode:
        return ExitCode.DRIFT_OF_SCHEMA if found["drift"] else ExitCode.DONE

    return views.answer(verify, views.verify, environ, as_json=options.json, code=code)


def _plan(options: argparse.Namespace, environ: Mapping[str, str]) -> ExitCode:
    from db.runner import views
    from db.runner.plan import plan

    def code(found: Mapping[str, Any]) -> ExitCode:
        return ExitCode.PENDING if found["steps"] else ExitCode.DONE

    return views.answer(plan, views.plan, environ, as_json=options.json, code=code)


def _stamp(options: argparse.Namespace, environ: Mapping[str, str]) -> ExitCode:
    from db.runner.run import run
    from db.runner.stamp import stamp

    return run(lambda job: stamp(job, options.revisions), environ, several_heads=True)


def _downgrade(options: argparse.Namespace, environ: Mapping[str, str]) -> ExitCode:
    from db.runner.downgrade import downgrade
    from db.runner.run import run

    return run(lambda job: downgrade(job, options.target, options.accept_loss), environ)


def _hold(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from db.runner.hold import hold
    from db.runner.outcome import Outcome
    from db.runner.run import run

    codes = []

    def command(job: Any) -> Outcome:
        codes.append(hold(job, options.child))
        return Outcome("nothing", ExitCode.DONE, "")

    # The command is told to stop as soon as this process is, and may take its time.
    code = run(command, environ, quiet=True, end_within_s=3600.0)
    return codes[0] if codes else code


def _settings(options: argparse.Namespace, environ: Mapping[str, str]) -> ExitCode:
    from db.contract.settings import describe
    from db.runner.settings import RunnerSettings

    settings = describe(RunnerSettings, environ)
    if options.json:
        print(json.dumps([setting._asdict() for setting in settings]))
    else:
        for setting in settings:
            print(f"{setting.name}={setting.value}  ({setting.source}) {setting.meaning}")
    return ExitCode.DONE


def _lock(options: argparse.Namespace, environ: Mapping[str, str]) -> ExitCode:
    from db.authoring import lock
    from db.contract.url import find_url

    print(lock.check() if options.check else lock.write(lambda: find_url(environ)))
    return ExitCode.DONE


def _revision(options: argparse.Namespace, environ: Mapping[str, str]) -> ExitCode:
    from db.authoring.revision import revision
    from db.contract.url import find_url

    print(f"wrote {revision(options.message, find_url(environ))}: read it, then say phase and breaks")
    return ExitCode.DONE


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:], os.environ))
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(refusal.code)
