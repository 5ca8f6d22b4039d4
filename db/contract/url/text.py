"""Takes the text of a database URL apart, and refuses what two readers could read differently."""

import re

from db.contract.refusal import ExitCode, Refusal
from db.contract.secret import Secret
from db.contract.value import Value

DRIVERS = ("", "+psycopg", "+psycopg2", "+asyncpg")
SCHEMES = {name + driver for name in ("postgres", "postgresql") for driver in DRIVERS}
BLANK = " \t\r\n\v\f"
STRAY_PERCENT = r"%(?![0-9A-Fa-f]{2})"
SHAPE = "Expected postgresql://user:password@host:5432/database?sslmode=require"
ENCODE = (
    "Percent-encode user, password and database each by itself (a slash is %2F, an at sign %40):"
    " Python's urllib.parse.quote(text, safe='') does it"
)


class Parts(Value):
    """The URL's pieces, decoded; only the hosts are still as they were written."""

    user: str | None
    password: Secret | None
    hosts: str
    database: str
    parameters: list[tuple[str, str]]


def refusal(problem: str, remedy: str = SHAPE) -> Refusal:
    return Refusal(ExitCode.CONFIGURATION, problem, remedy)


def take_apart(text: str) -> Parts:
    """Split a stripped URL; nothing of its text is ever in the refusal."""
    if not text:
        raise refusal("the database URL is empty")
    scheme, separator, rest = text.partition("://")
    if not separator or not scheme.isascii() or not all(sign.isalnum() or sign in "+.-" for sign in scheme):
        raise refusal("the database URL has no scheme")
    if scheme.lower() not in SCHEMES:
        raise refusal("the database URL has a foreign scheme")
    refuse_what_is_not_encoded(rest)
    place, _, query = rest.partition("?")
    authority, _, path = place.partition("/")
    userinfo, _, hosts = authority.rpartition("@")
    if "/" in path or "@" in path + query:
        raise refusal("the database URL can be read in two ways", ENCODE)
    if not path:
        raise refusal("the database URL names no database")
    user, password = take_userinfo_apart(userinfo)
    return Parts(user, password, hosts, decoded(path, "the database name"), take_query_apart(query))


def refuse_what_is_not_encoded(rest: str) -> None:
    if any(sign <= " " or sign == "\x7f" for sign in rest):
        raise refusal("the database URL has a blank or a control character within it", ENCODE)
    if "#" in rest or rest.count("@") > 1:
        raise refusal("the database URL has a raw '#' or more than one '@'", ENCODE)
    if "%" in rest and re.search(STRAY_PERCENT, rest):
        raise refusal("the database URL has a '%' that begins no percent-encoded character", ENCODE)


def take_userinfo_apart(userinfo: str) -> tuple[str | None, Secret | None]:
    user, _, password = userinfo.partition(":")
    if ":" in password:
        raise refusal("the password in the database URL has a raw ':'", ENCODE)
    return (
        decoded(user, "the user") or None,
        Secret(decoded(password, "the password")) if password else None,
    )


def take_query_apart(query: str) -> list[tuple[str, str]]:
    pairs = []
    for number, piece in enumerate(filter(None, query.split("&")), start=1):
        name, separator, value = piece.partition("=")
        if not separator or not name:
            raise refusal(f"parameter {number} of the database URL is not name=value", ENCODE)
        pairs.append(
            (decoded(name, f"the name of parameter {number}"), decoded(value, f"parameter {number}"))
        )
    return pairs


def unquoted(text: str) -> str:
    if "%" not in text:
        return text
    from urllib.parse import unquote  # which most URLs can do without

    return unquote(text, errors="strict")


def decoded(text: str, what: str) -> str:
    """Percent-decode as libpq does: strict UTF-8, no NUL, and a plus is a plus."""
    try:
        plain = unquoted(text)
        plain.encode()
    except UnicodeError:
        raise refusal(f"{what} in the database URL is not UTF-8", ENCODE) from None
    if "\0" in plain:
        raise refusal(f"{what} in the database URL holds a NUL character", ENCODE)
    return plain
