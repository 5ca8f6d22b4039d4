"""A folder of revision scripts with the options of its env.py, which is asked for them and never run for real."""

import logging
import logging.config
import os
import re
import sys
import warnings
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from contextlib import chdir, contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import RevisionStep
from alembic.script import ScriptDirectory
from alembic.util import CommandError, load_python_file

from db.contract.names import History
from db.contract.refusal import ExitCode, Refusal
from db.contract.value import Value
from db.runner.configuration import Place, configuration
from db.runner.place import described

# What an offline run says of itself, and what this project decides. Everything else may change what a revision makes
# or what a comparison sees: without its naming convention, names differ silently.
_NOT_TAKEN = re.compile(
    "as_sql|destination_rev|dialect_opts|fn|literal_binds|on_version_apply|output_.*|script|starting_rev|tag"
    "|template_args|transaction.*|version_table.*"
)

_PER_STEP = "transaction_per_migration"


class Scripts(Value):
    """The scripts, and how their env.py would run them."""

    config: Config
    directory: ScriptDirectory
    options: dict[str, Any]
    hooks: tuple[Callable[..., None], ...]  # called with each step, in its transaction
    version_table: str | None
    version_schema: str | None
    is_one_transaction: bool  # what plain `alembic upgrade` makes of all steps, as far as env.py tells

    @property
    def folder(self) -> Path:
        """The folder of its env.py."""
        return Path(self.directory.dir)

    def history(self, schema: str, version_table: str) -> History:
        """Where this history lives: there, unless its env.py says otherwise."""
        return History(self.version_schema or schema, self.version_table or version_table)

    def upgrade_steps(self, targets: Iterable[str], heads: Iterable[str]) -> list[RevisionStep]:
        """What leads from the revisions `heads` up to `targets`, in order."""
        # Alembic's own signatures say str; they take several, as its command line does.
        return self.directory._upgrade_revs(tuple(targets), tuple(heads))  # type: ignore[arg-type] # see above

    def downgrade_steps(self, target: str, heads: Iterable[str]) -> list[RevisionStep]:
        """What leads from the revisions `heads` back to `target`, in order."""
        return self.directory._downgrade_revs(target, tuple(heads))  # type: ignore[arg-type] # as above


def load(migrations: Path, *, place: Place | None = None, ask_env: bool = True) -> Scripts:
    """The scripts in `migrations`, the folder of an env.py; with `ask_env`, that env.py is run once, offline.

    Raises Refusal with 65 where there is no such folder, or where its env.py can't be run without a database.
    """
    if not (migrations / "env.py").is_file():
        raise Refusal(
            ExitCode.SCRIPTS,
            f"there is no env.py in {migrations}",
            "CALCIO_MIGRATIONS names the folder of an env.py",
        )
    config = configuration(migrations, place)
    # Relative paths in a configuration mean: from where plain `alembic` is run.
    with chdir(place.folder if place else Path.cwd()), redirect_stdout(sys.stderr):
        try:
            directory = ScriptDirectory.from_config(config)
        except CommandError as error:
            raise Refusal(ExitCode.SCRIPTS, f"{migrations} is no folder of revisions: {error}") from error
        sys.path[:] = map(os.path.abspath, sys.path)
        given = _ask(config, directory) if ask_env else {}
        _read(config, directory)
    return Scripts(
        config,
        directory,
        {
            name: value
            for name, value in given.items()
            if value is not None and not _NOT_TAKEN.fullmatch(name)
        },
        given.get("on_version_apply") or (),
        given.get("version_table"),
        given.get("version_table_schema"),
        # Offline, it may not say what it says of a run that has a connection.
        ask_env and _PER_STEP not in (migrations / "env.py").read_text() and not given.get(_PER_STEP),
    )


def _ask(config: Config, directory: ScriptDirectory) -> dict[str, Any]:
    # As its command line would leave it: an env.py may look for -x arguments there.
    config.cmd_opts = Namespace(x=None, name=config.config_ini_section)
    context = EnvironmentContext(config, directory, as_sql=True, fn=lambda *_: [], destination_rev="heads")
    try:
        with _logging_as_it_is(), context as environment:
            module = load_python_file(directory.dir, "env.py")
    except (Exception, SystemExit) as error:
        raise Refusal(
            ExitCode.SCRIPTS,
            f"env.py can't be run offline, for its options: {described(error)}",
            "Let it configure itself without a connection, as `alembic upgrade --sql` asks of it;"
            " or set CALCIO_ENV_PY=skip, and do without its naming convention and version table",
        ) from error
    given = environment.context_opts
    if given.get("target_metadata") is None:
        # Many an env.py names its models only to the run that has a connection.
        given["target_metadata"] = getattr(module, "target_metadata", None)
    return given


def _read(config: Config, directory: ScriptDirectory) -> None:
    """Import the scripts, which may ask `alembic.context` for the configuration as they are imported."""
    try:
        with EnvironmentContext(config, directory), warnings.catch_warnings():
            # Alembic warns of these, then forgets one of two with the same id, or fails without a word.
            warnings.filterwarnings("error", message="Revision .* is (present more than once|not present)")
            list(directory.walk_revisions())
    except (Exception, SystemExit) as error:
        what = str(error) if isinstance(error, CommandError | UserWarning) else described(error)
        raise Refusal(ExitCode.SCRIPTS, f"the revision scripts can't be read: {what}") from error


@contextmanager
def _logging_as_it_is() -> Iterator[None]:
    """Nothing an env.py configures for a person at a terminal: the report is what this run says."""
    configure, logging.config.fileConfig = logging.config.fileConfig, lambda *_, **__: None
    try:
        yield
    finally:
        logging.config.fileConfig = configure
