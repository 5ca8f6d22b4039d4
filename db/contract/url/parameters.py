"""What each parameter of a database URL may be, decided once for every driver."""

from collections.abc import Iterable
from typing import NamedTuple

from db.contract.secret import Secret
from db.contract.url.options import add_setting, read_options
from db.contract.url.text import refusal

CHOICES = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "sslnegotiation": ("postgres", "direct"),
    "ssl_min_protocol_version": ("TLSv1.2", "TLSv1.3"),
    "ssl_max_protocol_version": ("TLSv1.2", "TLSv1.3"),
    "target_session_attrs": ("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
    "gssencmode": ("disable", "prefer", "require"),
    "channel_binding": ("disable", "prefer", "require"),
    "load_balance_hosts": ("disable", "random"),
    "keepalives": ("0", "1"),
}
WHOLE_NUMBERS = {
    "connect_timeout",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "statement_cache_size",
}
NUMBERS = {"command_timeout"}
TEXTS = {
    "application_name",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "sslcrl",
    "passfile",
    "krbsrvname",
    "require_auth",
}
SERVER_SETTINGS = {
    "search_path",
    "jit",
    "timezone",
    "datestyle",
    "work_mem",
    "lock_timeout",
    "statement_timeout",
    "transaction_timeout",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    "default_transaction_isolation",
    "default_transaction_read_only",
}
RENAMED = {"prepared_statement_cache_size": "statement_cache_size"}
NOT_HERE = {
    "user": "libpq obeys it and asyncpg does not: the same URL would mean two users",
    "dbname": "libpq obeys it and asyncpg does not: the same URL would mean two databases",
    "database": "drivers disagree on it: the same URL would mean two databases",
    "service": "libpq obeys it and asyncpg does not: the same URL would mean two databases",
    "servicefile": "libpq obeys it and asyncpg does not: the same URL would mean two databases",
    "password": "a password belongs before the '@', where every driver hides it",
    "ssl": "write sslmode=disable, require, verify-ca or verify-full, which both drivers mean alike",
}
LIBPQ_ALONE = ("gssencmode", "channel_binding", "load_balance_hosts", "require_auth")


class Decided(NamedTuple):
    """The parameters as every rendering reads them."""

    parameters: dict[str, str]
    settings: dict[str, str]
    key_password: Secret | None
    warnings: tuple[str, ...]


def decide(pairs: Iterable[tuple[str, str]]) -> Decided:
    """Check each parameter; refuse the unknown, the contradictory and what drivers would read differently."""
    given = once_each(pairs)
    settings = read_options(given.pop("options", ""))
    for name in [name for name in given if name.lower() in SERVER_SETTINGS]:
        add_setting(settings, name, given.pop(name))
    key_password = given.pop("sslpassword", None)
    encoding = given.pop("client_encoding", "utf8")
    fallback = given.pop("fallback_application_name", None)
    if fallback is not None:
        given.setdefault("application_name", fallback)
    parameters = {name: checked(name, value) for name, value in given.items()}
    warnings = [
        f"{name} is libpq's alone: asyncpg connects without it" for name in LIBPQ_ALONE if name in given
    ]
    if encoding.lower() not in ("utf8", "utf-8", "unicode", "auto"):
        warnings.append("client_encoding is left out: both drivers speak UTF-8")
    return Decided(parameters, settings, Secret(key_password) if key_password else None, tuple(warnings))


def once_each(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in NOT_HERE:
            raise refusal(f"{name} is not taken from the database URL's query", NOT_HERE[name].capitalize())
        known = RENAMED.get(name, name)
        if given.setdefault(known, value) != value:
            raise refusal(f"the database URL gives {known} twice, differently", "Give it once")
    return given


def checked(name: str, value: str) -> str:
    if name in TEXTS:
        return value
    if name in CHOICES:
        if value not in CHOICES[name]:
            raise refusal(
                f"{name} in the database URL is none of its values", f"Expected {', '.join(CHOICES[name])}"
            )
    elif name in WHOLE_NUMBERS:
        if not (value.isascii() and value.isdecimal() and len(value) < 10):
            raise refusal(f"{name} in the database URL is no whole number", "Expected digits, as in 5")
    elif name in NUMBERS:
        if not value.replace(".", "", 1).isdecimal() or not value.isascii() or float(value) <= 0:
            raise refusal(f"{name} in the database URL is no number of seconds", "Expected digits, as in 2.5")
    else:
        raise refusal(
            f"the database URL has an unknown parameter: {shown(name)}", "Leave it out, or correct its name"
        )
    return value


def shown(name: str) -> str:
    """A parameter's name as an error may show it: what looks like none could be a piece of a password."""
    return (
        name
        if len(name) <= 40 and name.isascii() and name.replace("_", "").isalnum()
        else "(unreadable name)"
    )
