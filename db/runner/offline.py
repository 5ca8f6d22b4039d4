"""The SQL that steps would run, written instead of run: Alembic's offline mode, a revision at a time."""

import sys
from collections.abc import Iterable
from contextlib import redirect_stdout
from io import StringIO

from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import RevisionStep

from db.runner.environment import Scripts

# Around what runs statement by statement.
_BRACKETS = {"BEGIN", "COMMIT"}


def written(scripts: Scripts, steps: Iterable[RevisionStep]) -> dict[str, tuple[str, ...] | None]:
    """The statements of each of `steps`, by revision, without those that move the version.

    None stands for a revision that can't be written without a database: what it does depends on what is there.
    """
    return {step.revision.revision: _statements(scripts, step) for step in steps}


def _statements(scripts: Scripts, step: RevisionStep) -> tuple[str, ...] | None:
    buffer = StringIO()
    context = EnvironmentContext(scripts.config, scripts.directory, as_sql=True)
    try:
        with redirect_stdout(sys.stderr), context as environment:
            environment.configure(
                dialect_name="postgresql",
                # Or every % is written twice, as psycopg2 wants it.
                dialect_opts={"paramstyle": "named"},
                output_buffer=buffer,
                literal_binds=True,
                **scripts.options,
            )
            migration = environment.get_context()
            with Operations.context(migration):
                step.migration_fn()
    except (Exception, SystemExit):  # noqa: BLE001 - a revision is somebody's program, and this one wants a connection
        return None
    parts = (part.strip() for part in buffer.getvalue().split(";\n"))
    return tuple(part for part in parts if part and part not in _BRACKETS)
