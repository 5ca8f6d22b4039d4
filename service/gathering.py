"""Things that are read by their ids: who asks for one while another is read has a part in the next statement."""

from functools import partial
from typing import Any

from service.sharing import Sharing
from service.statement import ById, Source, Thing


class Gathering:
    """Reads by id with one statement at a time, so that a crowd takes one connection, whatever each of them reads."""

    def __init__(self, pool: Source) -> None:
        self._pool = pool
        self._sharing = Sharing[int, dict[int, Any]]()

    async def one(self, query: ById[Thing], thing_id: int) -> Thing | None:
        """The thing with this id, as it was after this was called; None where there is none."""
        find = partial(query.several, self._pool)
        things: dict[int, Thing] = await self._sharing.take_part(query.name, thing_id, find)
        return things.get(thing_id)
