"""What is left in a database: its catalogue and its rows, in words that do not depend on who made them when."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from db.contract.ledger import TABLES
from db.contract.url import DatabaseUrl
from tests.database.migrating import CATALOG
from tests.job.database import Database

# Beside tables, constraints and indexes: whatever else a Job makes, sets or grants.
CATALOGUE = f"""
SELECT line FROM ({CATALOG}) AS tables
UNION ALL SELECT format('relation %s %s', relkind, relname)
     FROM pg_class WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT format('identity %s.%s %s', attrelid::regclass, attname, attidentity)
     FROM pg_attribute WHERE attidentity <> ''
UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT format('grant %s on %s to %s', privilege_type, relname, grantee::regrole)
     FROM pg_class, aclexplode(relacl) WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT format('default %s on %s to %s', privilege_type, defaclobjtype, grantee::regrole)
     FROM pg_default_acl, aclexplode(defaclacl)
UNION ALL SELECT format('setting of %s: %s', setrole::regrole, config)
     FROM pg_db_role_setting, unnest(setconfig) AS config
    WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY 1
"""
OURS = ("alembic_version", *TABLES)
TABLES_OF = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
ROWS_OF = 'SELECT row::text FROM "{}" AS row ORDER BY 1'
LEDGER = "SELECT revision, state, phase, breaks, digests, required, source FROM ledger_revision ORDER BY 1"
TAKEN = """
SELECT operation, revision, count(*) FROM ledger_event
 WHERE operation IN ('upgrade', 'downgrade') GROUP BY 1, 2 ORDER BY 1, 2
"""


class Left(NamedTuple):
    """What a run has left."""

    catalogue: list[str]
    rows: dict[str, list[str]]
    heads: set[str] | None = None  # None where there is no version yet
    ledger_heads: set[str] | None = None
    ledger: Sequence[tuple[Any, ...]] = ()
    taken: Sequence[tuple[Any, ...]] = ()  # how often each step is in the record
    gates_read_the_ledger: bool = True

    @property
    def states(self) -> dict[str, str]:
        """The ledger's state by revision."""
        return {revision: state for revision, state, *_ in self.ledger}


def left(url: DatabaseUrl) -> Left:
    """Everything that must be the same, whatever happened on the way."""
    found = Database(url)
    tables = {name for (name,) in found.rows(TABLES_OF)}
    rows = {name: [text for (text,) in found.rows(ROWS_OF.format(name))] for name in tables - set(OURS)}
    catalogue = [line for (line,) in found.rows(CATALOGUE)]
    if not tables & set(OURS):
        return Left(catalogue, rows)
    return Left(
        catalogue,
        rows,
        found.heads,
        found.ledger_heads,
        found.rows(LEDGER),
        found.rows(TAKEN),
        found.gates_read_the_ledger,
    )
