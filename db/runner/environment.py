"""A folder of revision scripts with the options of its env.py, which is asked for them and never run for real."""

from collections.abc import Iterable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import RevisionStep
from alembic.script import ScriptDirectory

# What env.py may say that changes what a revision makes: without its naming convention, names differ silently.
_OPTIONS = ("target_metadata", "render_as_batch", "user_module_prefix")


@dataclass(frozen=True, slots=True)
class Scripts:
    """The scripts, and how their env.py would run them."""

    config: Config
    directory: ScriptDirectory
    options: dict[str, Any]

    def steps(self, targets: Iterable[str], heads: Iterable[str]) -> list[RevisionStep]:
        """What leads from the revisions `heads` to `targets`, in order."""
        # Alembic's own signature says str; it takes several, as its command line does.
        return self.directory._upgrade_revs(tuple(targets), tuple(heads))  # type: ignore[arg-type]


def load(migrations: Path) -> Scripts:
    """The scripts in `migrations`, the folder of an env.py."""
    config = Config(output_buffer=StringIO())
    config.set_main_option("script_location", str(migrations))
    config.set_main_option("path_separator", "os")
    directory = ScriptDirectory.from_config(config)
    with EnvironmentContext(config, directory, as_sql=True, fn=lambda *_: []) as environment:
        directory.run_env()
        options = {name: environment.context_opts.get(name) for name in _OPTIONS}
    return Scripts(config, directory, {name: value for name, value in options.items() if value is not None})
