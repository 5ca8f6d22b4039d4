"""Which servers a database URL names: libpq's comma list, SQLAlchemy's repeated host=, IPv6, sockets."""

import re
from typing import NamedTuple

from db.contract.url.text import decoded, refusal

DEFAULT_PORT = 5432
BRACKETED = r"\[([^\[\]]+)\](?::(.*))?"
REMEDY = "Name each server as host:port, an IPv6 address in brackets, a socket's folder as an absolute path"


class Host(NamedTuple):
    """A server: a name, an address, or the folder of a Unix socket; and its port."""

    name: str
    port: int

    def __str__(self) -> str:
        return f"[{self.name}]:{self.port}" if ":" in self.name else f"{self.name}:{self.port}"


def read_hosts(authority: str, hosts: list[str], ports: list[str]) -> tuple[Host, ...]:
    """Read the servers from the URL's authority or from its query (`host=`, `port=`), never from both."""
    named = [read_host(piece, encoded=True) for piece in authority.split(",")] if authority else []
    asked = [read_host(piece, encoded=False) for value in hosts for piece in value.split(",")]
    if named and asked and named != asked:
        raise refusal("the database URL names its host twice, differently", "Name it once")
    return with_ports(named or asked, [port for value in ports for port in value.split(",")])


def read_host(piece: str, *, encoded: bool) -> tuple[str, int | None]:
    if piece.startswith("/"):
        return piece, None
    if piece.startswith("["):
        bracketed = re.fullmatch(BRACKETED, piece)
        if not bracketed:
            raise refusal("an IPv6 address in the database URL is not closed by a bracket", REMEDY)
        name, port = bracketed[1], bracketed[2]
    else:
        name, _, port = piece.partition(":")
        if not encoded and ":" in port:
            name, port = piece, ""
    return checked_name(decoded(name, "the host") if encoded else name), read_port(port) if port else None


def checked_name(name: str) -> str:
    # An abstract socket (@name) is libpq's alone: asyncpg would look the name up.
    if not name or name.startswith("@") or "," in name:
        raise refusal("a host in the database URL is empty or no host", REMEDY)
    return name


def read_port(text: str) -> int:
    if not (re.fullmatch(r"[0-9]{1,5}", text) and 0 < int(text) < 65536):
        raise refusal("a port in the database URL is no number from 1 to 65535", REMEDY)
    return int(text)


def with_ports(named: list[tuple[str, int | None]], ports: list[str]) -> tuple[Host, ...]:
    """Give each server its own port, or the one that `port=` names for it or for all."""
    if not named:
        raise refusal("the database URL names no host", REMEDY)
    asked = [read_port(port) if port else None for port in ports]
    if len(asked) < 2:
        asked = (asked or [None]) * len(named)
    if len(asked) != len(named):
        raise refusal("the database URL has another number of ports than of hosts", REMEDY)
    if any(port and other and port != other for (_, port), other in zip(named, asked, strict=True)):
        raise refusal("the database URL names its port twice, differently", "Name it once")
    return tuple(
        Host(name, port or other or DEFAULT_PORT) for (name, port), other in zip(named, asked, strict=True)
    )
