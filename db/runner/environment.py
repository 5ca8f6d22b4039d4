"""A folder of revision scripts with the options of its env.py, which is asked for them and never run for real."""

import logging
from collections.abc import Iterable
from configparser import ConfigParser
from configparser import Error as IniError
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import RevisionStep
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from db.contract.names import History
from db.contract.refusal import ExitCode, Refusal

# What env.py may say that changes what a revision makes: without its naming convention, names differ silently.
_OPTIONS = ("target_metadata", "render_as_batch", "user_module_prefix")
_INI_DEPTH = 3  # how many folders above env.py an alembic.ini is looked for


@dataclass(frozen=True, slots=True)
class Scripts:
    """The scripts, and how their env.py would run them."""

    config: Config
    directory: ScriptDirectory
    options: dict[str, Any]
    version_table: str
    version_schema: str | None

    def history(self, schema: str) -> History:
        """Where this history lives: in `schema`, unless its env.py names another one."""
        return History(self.version_schema or schema, self.version_table)

    def upgrade_steps(self, targets: Iterable[str], heads: Iterable[str]) -> list[RevisionStep]:
        """What leads from the revisions `heads` up to `targets`, in order."""
        # Alembic's own signatures say str; they take several, as its command line does.
        return self.directory._upgrade_revs(tuple(targets), tuple(heads))  # type: ignore[arg-type] # see above

    def downgrade_steps(self, target: str, heads: Iterable[str]) -> list[RevisionStep]:
        """What leads from the revisions `heads` back to `target`, in order."""
        return self.directory._downgrade_revs(target, tuple(heads))  # type: ignore[arg-type] # as above


def load(migrations: Path, *, ini: Path | None, ask_env: bool = True) -> Scripts:
    """The scripts in `migrations`, the folder of an env.py; with `ask_env`, that env.py is run once, offline.

    Raises Refusal with 65 where there is no such folder, or where its env.py can't be run without a database.
    """
    if not (migrations / "env.py").is_file():
        raise Refusal(
            ExitCode.SCRIPTS,
            f"there is no env.py in {migrations}",
            "CALCIO_MIGRATIONS names the folder of an env.py",
        )
    config = _config(migrations, ini)
    try:
        directory = ScriptDirectory.from_config(config)
    except CommandError as error:
        raise Refusal(ExitCode.SCRIPTS, f"{migrations} is no folder of revisions: {error}") from error
    given = _ask(config, directory) if ask_env else {}
    return Scripts(
        config,
        directory,
        {name: given[name] for name in _OPTIONS if given.get(name) is not None},
        given.get("version_table") or "alembic_version",
        given.get("version_table_schema"),
    )


def _ask(config: Config, directory: ScriptDirectory) -> dict[str, Any]:
    context = EnvironmentContext(config, directory, as_sql=True, fn=lambda *_: [], destination_rev="heads")
    try:
        with context as environment:
            directory.run_env()
    except Exception as error:
        raise Refusal(
            ExitCode.SCRIPTS,
            f"env.py can't be run offline, for its options: {type(error).__name__}",
            "Let it configure itself without a connection, as `alembic upgrade --sql` asks of it;"
            " or set CALCIO_ENV_PY=skip, and do without its naming convention and version table",
        ) from error
    # Its logging configuration was for a person at a terminal; the report is what this run says.
    for name in ("alembic", "sqlalchemy", "sqlalchemy.engine"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return environment.context_opts


def _config(migrations: Path, ini: Path | None) -> Config:
    config = Config(ini, output_buffer=StringIO())
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    if config.get_main_option("path_separator") is None:
        config.set_main_option("path_separator", "os")
    # Offline, an env.py needs a URL only to know the dialect; it must not be somebody's real database.
    config.set_main_option("sqlalchemy.url", "postgresql+psycopg2://")
    return config


def find_ini(migrations: Path) -> Path | None:
    """The alembic.ini at or above `migrations` that is about it."""
    for folder in [migrations, *migrations.parents][: _INI_DEPTH + 1]:
        path = folder / "alembic.ini"
        parser = ConfigParser(defaults={"here": str(folder)}, interpolation=None)
        try:
            parser.read(path, encoding="utf-8")
        except (IniError, UnicodeDecodeError):
            continue
        # A path, or package:folder.
        location = parser.get("alembic", "script_location", fallback="").replace(":", "/")
        if location and Path(location).name == migrations.name:
            return path
    return None
