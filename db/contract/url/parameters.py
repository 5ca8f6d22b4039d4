"""What the parameters of a database URL mean, decided once for every driver."""

from collections.abc import Iterable, Iterator, Mapping

from db.contract.secret import Secret
from db.contract.url import tls
from db.contract.url.known import KNOWN, LIBPQ_ALONE, NOT_HERE, RENAMED, SERVER_SETTINGS
from db.contract.url.options import add_setting, read_options
from db.contract.url.text import refusal
from db.contract.value import Value


class Decided(Value):
    """The parameters as every rendering reads them."""

    parameters: dict[str, str]
    server_settings: dict[str, str]
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
    check_values(given)
    mode = tls.implied_mode(given)
    parameters = {"sslmode": mode, **given} if mode else given
    tls.check(parameters)
    if "passfile" in parameters:
        tls.check_file("passfile", parameters["passfile"])
    warnings = tuple(warn(given, encoding, mode))
    return Decided(parameters, settings, Secret(key_password) if key_password else None, warnings)


def once_each(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in NOT_HERE:
            raise refusal(f"{name} is not taken from the database URL's query", NOT_HERE[name])
        known = RENAMED.get(name, name)
        if given.setdefault(known, value) != value:
            raise refusal(f"the database URL gives {shown(known)} twice, differently", "Give it once")
    return given


def check_values(given: Mapping[str, str]) -> None:
    for name, value in given.items():
        if name not in KNOWN:
            raise refusal(
                f"the database URL has an unknown parameter, {shown(name)}", "Correct it or leave it out"
            )
        try:
            KNOWN[name](value)
        except ValueError as expected:
            raise refusal(
                f"{name} in the database URL has a value it cannot have", f"Expected {expected}"
            ) from None


def warn(given: Mapping[str, str], encoding: str, mode: str | None) -> Iterator[str]:
    yield from (
        f"{name} is libpq's alone: asyncpg connects without it" for name in LIBPQ_ALONE if name in given
    )
    if mode:
        yield f"sslmode is not given beside certificates: taken as {mode}"
    if encoding.lower() not in ("utf8", "utf-8", "unicode", "auto"):
        yield "client_encoding is left out: the drivers choose it"


def shown(name: str) -> str:
    """A parameter's name as an error may show it: what looks like none could be a piece of a password."""
    return (
        name
        if name.isascii() and name.replace("_", "").isalnum() and len(name) <= 40
        else "whose name is none"
    )
