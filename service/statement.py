"""A named SQL statement and the type of its rows: all the SQL that the service can send is one of these."""

from collections.abc import Awaitable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from itertools import starmap
from typing import Any, Generic, Protocol, TypeVar

import msgspec

# The condition of a ById. A list of texts, for asyncpg knows how to send that; how to send bigint[] it asks the server
# in each session anew, which takes 5 ms.
IS_ASKED_FOR = "id = ANY ($1::text[]::bigint[])"

Row = TypeVar("Row")
Thing = TypeVar("Thing", bound="Identified")


class Identified(Protocol):
    """What has an id."""

    @property
    def id(self) -> int: ...


class Source(Protocol):
    """Whom a query can be asked: a connection, or a pool, which lends one for that."""

    def fetch(self, query: str, *args: object) -> Awaitable[Sequence[Any]]: ...
    def fetchrow(self, query: str, *args: object) -> Awaitable[Any]: ...


class Connection(Source, Protocol):
    """What a statement needs of a connection: asyncpg's own, or one that watches a deadline around it."""

    async def execute(self, query: str, *args: object) -> str: ...
    def transaction(self) -> AbstractAsyncContextManager[Any]: ...


class Pool(Source, Protocol):
    """Where a connection comes from."""

    def acquire(self) -> AbstractAsyncContextManager[Connection]: ...


class Statement(msgspec.Struct, frozen=True):
    """SQL under the name by which the catalogue, the proof and a slow-query log know it."""

    name: str
    sql: str


class Query(Statement, Generic[Row], frozen=True):
    """A statement that gives rows, whose columns are the fields of `gives`, in order."""

    gives: type[Row]

    async def one(self, source: Source, *arguments: object) -> Row | None:
        row = await source.fetchrow(self.sql, *arguments)
        return None if row is None else self.gives(*row)

    async def only(self, source: Source, *arguments: object) -> Row:
        """The row of a statement that cannot fail to give one, such as an INSERT without conditions."""
        return self.gives(*await source.fetchrow(self.sql, *arguments))

    async def all(self, source: Source, *arguments: object) -> list[Row]:
        return list(starmap(self.gives, await source.fetch(self.sql, *arguments)))


class ById(Query[Thing], frozen=True):
    """A query of things by their ids, of which it takes one or several: WHERE IS_ASKED_FOR."""

    async def single(self, source: Source, thing_id: int) -> Thing | None:
        return await self.one(source, [str(thing_id)])

    async def several(self, source: Source, ids: Iterable[int]) -> dict[int, Thing]:
        """Those that are there, by their ids."""
        return {thing.id: thing for thing in await self.all(source, [*map(str, ids)])}


class Command(Statement, frozen=True):
    """A statement that gives no rows."""

    async def run(self, connection: Connection, *arguments: object) -> None:
        await connection.execute(self.sql, *arguments)
