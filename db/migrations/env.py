"""What plain `alembic` runs for a developer; the Job has a loop of its own and takes only its options."""

import os
from logging.config import fileConfig
from typing import Any

import psycopg2
import sqlalchemy as sa
from alembic import context

from db.contract.url import find_url
from db.schema import metadata

LOCK_TIMEOUT_MS = 4000
LEDGER = {"ledger_revision", "ledger_state", "ledger_event", "ledger_reader"}


def not_the_ledger(name: str | None, kind: str, _parents: Any) -> bool:
    """Whether autogenerate should look at it: the ledger is the runner's, not the models'."""
    return kind != "table" or name not in LEDGER


def number_the_revision(_context: Any, parents: Any, directives: list[Any]) -> None:
    """Give a new revision the number after the one it stands on."""
    parent = next(iter(parents), None)
    directives[0].rev_id = f"{int(parent or 0) + 1:04}"


OPTIONS: dict[str, Any] = {
    "target_metadata": metadata,
    "transaction_per_migration": True,
    "compare_server_default": True,
    "include_name": not_the_ledger,
    "process_revision_directives": number_the_revision,
    "autogenerate_plugins": ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
}


def connect() -> Any:
    """Open a connection that gives up on a lock rather than stop everybody behind it."""
    arguments = find_url(os.environ).for_psycopg2()
    limits = f"-c lock_timeout={LOCK_TIMEOUT_MS}ms"
    return psycopg2.connect(**{**arguments, "options": f"{arguments.get('options', '')} {limits}".strip()})


def run(connection: sa.Connection) -> None:
    """Move the database behind `connection`."""
    context.configure(connection=connection, **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()


def run_online() -> None:
    """Move the database of a caller's connection, or the one the URL names."""
    given = context.config.attributes.get("connection")
    if given is not None:
        run(given)
        return
    engine = sa.create_engine("postgresql+psycopg2://", creator=connect, poolclass=sa.NullPool)
    with engine.connect() as connection:
        run(connection)


def run_offline() -> None:
    """Write the SQL instead of running it."""
    context.configure(dialect_name="postgresql", literal_binds=True, **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()


if context.config.config_file_name is not None and context.config.attributes.get("connection") is None:
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)
if context.is_offline_mode():
    run_offline()
else:
    run_online()
