"""`verify`: the catalogue against models and ledger: what differs, and the SQL that would mend it."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from io import StringIO
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from db.contract.ledger import TABLES
from db.contract.names import History, quoted
from db.contract.snapshot import CHANGE, IS_COPIED
from db.contract.standing import Standing
from db.runner.job import Job
from db.runner.session import invalid_indexes
from db.runner.wire import Connection

_NOT_VALID = """
SELECT conrelid::regclass::text, conname FROM pg_catalog.pg_constraint
 WHERE NOT convalidated AND connamespace = %s::regnamespace
"""


def verify(job: Job) -> Mapping[str, Any]:
    """What was found: `standing`, and `drift`, a list of what differs with the SQL that mends it.

    The models are those of this image's head, so they are compared only with a database that stands there.
    """
    with closing(job.connect()) as connection:
        database, judgement = job.judge(connection)
        drift = [{"what": what, "repair": repair} for what, repair in _leftovers(connection, job.history)]
        if database.has_ledger and not _is_copied(connection, job.history):
            what = "the gates read another ledger (ledger_state.rows) than ledger_revision is"
            drift.append({"what": what, "repair": " ".join(job.history.fill(CHANGE).split())})
        if judgement.standing is Standing.AT_HEAD:
            drift += [{"what": what, "repair": repair} for what, repair in _drift(job, connection)]
    return {"standing": judgement.standing, "reason": judgement.reason, "drift": drift}


def _leftovers(connection: Connection, history: History) -> Iterator[tuple[str, str]]:
    for name in sorted(invalid_indexes(connection, history)):
        yield (
            f"index {name} is INVALID",
            f"REINDEX INDEX CONCURRENTLY {quoted(history.schema)}.{quoted(name)}",
        )
    with connection.cursor() as cursor:
        cursor.execute(_NOT_VALID, (quoted(history.schema),))
        for table, name in cursor:
            yield (
                f"constraint {name} of {table} is NOT VALID",
                f"ALTER TABLE {table} VALIDATE CONSTRAINT {quoted(name)}",
            )


def _is_copied(connection: Connection, history: History) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(history.fill(IS_COPIED))
        return cursor.fetchone() == (True,)


def _drift(job: Job, raw: Connection) -> Iterator[tuple[str, str]]:
    options = job.known.scripts().options
    if "target_metadata" not in options:
        return
    ours, theirs = {*TABLES, job.history.version_table}, options.get("include_name")
    engine = sa.create_engine(
        "postgresql+psycopg2://", creator=lambda: raw, poolclass=sa.StaticPool, use_native_hstore=False
    )
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                **options,
                "version_table": job.history.version_table,
                "version_table_schema": job.history.schema,
                "include_name": lambda name, kind, parents: (
                    (kind != "table" or name not in ours) and (theirs is None or theirs(name, kind, parents))
                ),
            },
        )
        wanted = produce_migrations(context, options["target_metadata"]).upgrade_ops
    for operation in wanted.ops if wanted else ():
        for part in getattr(operation, "ops", (operation,)):
            yield _described(part), _sql(part)


def _described(operation: Any) -> str:
    """ "add index player.ix_player_name", from Alembic's own words."""
    what = operation.to_diff_tuple()[0]
    verb = what if isinstance(what, str) else what[0]
    parts = ("table_name", "column_name", "index_name", "constraint_name")
    named = ".".join(str(getattr(operation, part)) for part in parts if getattr(operation, part, None))
    return f"{verb.replace('_', ' ')} {named}"


def _sql(operation: Any) -> str:
    buffer = StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": buffer, "literal_binds": True}
    )
    Operations(context).invoke(operation)
    return " ".join(buffer.getvalue().split())
