"""The ledger's tables: what the runner makes under its lock, and what the service's role may do with them."""

REVISION = """
CREATE TABLE {schema}.ledger_revision (
    history        text NOT NULL,
    revision       text NOT NULL,
    down_revisions text[] NOT NULL,
    phase          text NOT NULL,
    breaks         text[] NOT NULL,
    required       boolean NOT NULL,
    state          text NOT NULL CHECK (state IN ('applying', 'applied', 'reverting')),
    digests        text[] NOT NULL,
    source         text NOT NULL CHECK (source IN ('step', 'stamp', 'reconcile')),
    release        text,
    image          text,
    git_sha        text,
    actor          text NOT NULL DEFAULT session_user,
    applied_at     timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    duration_ms    bigint,
    lsn_before     pg_lsn,
    lsn_after      pg_lsn,
    PRIMARY KEY (history, revision)
)
"""
STATE = """
CREATE TABLE {schema}.ledger_state (
    history        text PRIMARY KEY,
    format         integer NOT NULL,
    heads          text[] NOT NULL,
    change         bigint NOT NULL,
    server         text NOT NULL,
    server_seen_at timestamptz NOT NULL,
    rows           text
)
"""
# Some kilobytes, which are read more often than written; PostgreSQL would take longer to unpack than to fetch them.
NOT_PACKED = "ALTER TABLE {schema}.ledger_state ALTER COLUMN rows SET STORAGE EXTERNAL"
EVENT = """
CREATE TABLE {schema}.ledger_event (
    seq       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    history   text NOT NULL,
    at        timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    operation text NOT NULL,
    revision  text,
    heads     text[] NOT NULL,
    release   text,
    actor     text NOT NULL DEFAULT session_user,
    detail    jsonb NOT NULL
)
"""
# No index but the key, and room in each page: a renewal then never touches an index.
READER = """
CREATE TABLE {schema}.ledger_reader (
    instance      uuid PRIMARY KEY,
    history       text NOT NULL,
    name          text NOT NULL,
    release       text,
    heads         text[] NOT NULL,
    registered_at timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL
) WITH (fillfactor = 50)
"""
# Plain `alembic` writes this table too: the trigger tells the gates about it in milliseconds.
NOTIFIER = """
CREATE FUNCTION {schema}.ledger_notify() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    PERFORM pg_notify('calcio_ledger', TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME);
    RETURN NULL;
END $$
"""
TRIGGER = """
CREATE TRIGGER ledger_notify AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {version}
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.ledger_notify()
"""

CREATE = (REVISION, STATE, NOT_PACKED, EVENT, READER, NOTIFIER)

# For the service's role, as {role}. First what it may do with the ledger, then with every table to come.
GRANTS = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT ON {version} TO {role}",
    "GRANT SELECT ON {schema}.ledger_revision, {schema}.ledger_state, {schema}.ledger_event TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.ledger_reader TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {role}",
)
# A frozen process is met on the server: its sessions end before its lease does. In milliseconds.
ROLE_LIMITS = {
    "statement_timeout": "request_deadline_s",
    "idle_in_transaction_session_timeout": "idle_timeout_s",
    "idle_session_timeout": "idle_timeout_s",
}
