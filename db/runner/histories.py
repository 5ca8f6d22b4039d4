"""Which history a run moves: this image's own, told by its lockfile, or another project's, told by its scripts."""

import gc
import time
from collections.abc import Callable
from types import BuiltinFunctionType
from typing import TYPE_CHECKING

from db.contract import lockfile
from db.contract.lineage import Lineage
from db.contract.names import History
from db.contract.refusal import ExitCode, Refusal
from db.contract.value import Value
from db.runner import locked, rules
from db.runner.settings import RunnerSettings
from db.runner.without import without

if TYPE_CHECKING:
    from pathlib import Path

    from db.runner.environment import Scripts


class Known(Value):
    """A history before anyone has connected."""

    image: Lineage
    history: History
    scripts: Callable[[], "Scripts"]


def known(settings: RunnerSettings, *, several_heads: bool) -> Known:
    """The history that `settings` name; raises Refusal with 65 where it can't be applied."""
    if settings.migrations is None:
        return _own(settings, several_heads=several_heads)
    return _foreign(settings.migrations, settings, several_heads=several_heads)


def _own(settings: RunnerSettings, *, several_heads: bool) -> Known:
    entries = lockfile.read_entries()
    image = rules.demand((entry.revision for entry in entries), several_heads=several_heads)
    locked.compare(entries)

    def load() -> "Scripts":
        # Alembic and SQLAlchemy take longer to import than all of a run that has nothing to do.
        from pathlib import Path

        _import_alembic()
        from db.runner.environment import load

        return load(Path(locked.MIGRATIONS))

    return Known(image, History(settings.schema, settings.version_table), load)


def _foreign(migrations: "Path", settings: RunnerSettings, *, several_heads: bool) -> Known:
    _import_alembic()
    from db.runner import scripts
    from db.runner.configuration import find
    from db.runner.environment import load

    folder = migrations.resolve()
    loaded = load(folder, place=find(folder), ask_env=settings.env_py == "ask")
    _refuse_replaced_threads(folder)
    entries = scripts.read(loaded.directory, undeclared_breaks=settings.undeclared == "strict")
    image = rules.demand((entry.revision for entry in entries), several_heads=several_heads)
    return Known(image, loaded.history(settings.schema, settings.version_table), lambda: loaded)


def _import_alembic() -> None:
    """Import Alembic without what its templates' engine would colour error pages with: an eighth of the time."""
    gc.disable()
    try:
        with without("pygments"):
            import alembic.config  # noqa: F401 - from here on it is there
        gc.freeze()  # none of it is garbage, and to find that out takes a tenth of the import
    finally:
        gc.enable()


def _refuse_replaced_threads(migrations: "Path") -> None:
    # The run waits in one thread for what another one does, and is never woken once these are not Python's own.
    if not isinstance(time.sleep, BuiltinFunctionType):
        raise Refusal(
            ExitCode.SCRIPTS,
            f"what {migrations} imports has replaced Python's threads, as eventlet and gevent do",
            "Let env.py and the revisions import the models only, not the service around them",
        )
