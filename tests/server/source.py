"""Decides which PostgreSQL server the tests get: the one named, a container's, or an embedded one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from db.contract.url import DatabaseUrl
from tests.server import container, embedded
from tests.server.roles import version_of


@dataclass(frozen=True)
class Server:
    """A running server and, in words, where it came from."""

    url: DatabaseUrl
    origin: str

    def __str__(self) -> str:
        return f"PostgreSQL {version_of(self.url)}, {self.origin}"


@contextmanager
def server(named: str | None) -> Iterator[Server]:
    if named:
        yield Server(DatabaseUrl.parse(named), "named by --database-url")
    elif objection := container.objection():
        with embedded.running() as own:
            yield Server(own.url, f"embedded, from {own.programs.origin} ({objection})")
    else:
        with container.running() as url:
            yield Server(url, f"in a container of {container.IMAGE}")
