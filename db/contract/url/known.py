"""The parameters a database URL may have, and why some may not be in it."""

from collections.abc import Callable, Mapping

from db.contract.parsers import one_of, seconds, whole_number

MILLISECONDS = whole_number(0, 2_147_483_647)
SECONDS = whole_number(0, 2_147_483)
TLS_VERSION = one_of("TLSv1.2", "TLSv1.3")

KNOWN: Mapping[str, Callable[[str], object]] = {
    "application_name": str,
    "channel_binding": one_of("disable", "prefer", "require"),
    "command_timeout": seconds(0.001, 86_400),
    "connect_timeout": SECONDS,
    "gssencmode": one_of("disable", "prefer", "require"),
    "keepalives": one_of("0", "1"),
    "keepalives_count": whole_number(0, 127),
    "keepalives_idle": SECONDS,
    "keepalives_interval": SECONDS,
    "krbsrvname": str,
    "load_balance_hosts": one_of("disable", "random"),
    "passfile": str,
    "require_auth": str,
    "ssl_max_protocol_version": TLS_VERSION,
    "ssl_min_protocol_version": TLS_VERSION,
    "sslcert": str,
    "sslcrl": str,
    "sslkey": str,
    "sslmode": one_of("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "sslnegotiation": one_of("postgres", "direct"),
    "sslrootcert": str,
    "statement_cache_size": whole_number(0, 100_000),
    "target_session_attrs": one_of("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
    "tcp_user_timeout": MILLISECONDS,
}

# Two names for one thing: SQLAlchemy's and asyncpg's own.
RENAMED = {"prepared_statement_cache_size": "statement_cache_size"}

# The server's own settings, which asyncpg takes beside the parameters and libpq only within `options`.
SERVER_SETTINGS = {
    "datestyle",
    "default_transaction_isolation",
    "default_transaction_read_only",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    "jit",
    "lock_timeout",
    "search_path",
    "statement_timeout",
    "timezone",
    "transaction_timeout",
    "work_mem",
}

LIBPQ_ALONE = ("gssencmode", "channel_binding", "load_balance_hosts", "require_auth")

TWO_DATABASES = (
    "Name it before the query: libpq obeys it there and asyncpg does not, so one URL would mean two databases"
)
NOT_HERE = {
    "user": TWO_DATABASES,
    "dbname": TWO_DATABASES,
    "database": TWO_DATABASES,
    "service": TWO_DATABASES,
    "servicefile": TWO_DATABASES,
    "password": "Write it before the '@', where every driver hides it",
    "ssl": "Write sslmode=disable, require, verify-ca or verify-full, which both drivers mean alike",
}
