"""Who asks for a thing by its id gets that thing, as it was after they asked, however many ask at once."""

import asyncio
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from service import deadline
from service.gathering import Gathering
from service.players.models import Player
from service.players.queries import READ
from tests.unit.test_sharing import FOREVER_S, settle

PLAYERS = range(4)
MISSING = 3


class Roster:
    """Players that change; a statement takes until the test says so, and gives them as they were when it was sent."""

    def __init__(self) -> None:
        self.edition = 1
        self.sent: list[tuple[set[str], asyncio.Future[None]]] = []
        self._gathering = Gathering(self)

    async def fetch(self, _query: str, *args: object) -> Sequence[Any]:
        (ids,) = args
        assert isinstance(ids, list)
        found = [(one, f"player {one}", "any", None, None, self.edition) for one in map(int, ids)]
        answered = asyncio.get_running_loop().create_future()
        self.sent.append((set(ids), answered))
        await answered
        return [row for row in found if row[0] != MISSING]

    async def fetchrow(self, query: str, *args: object) -> Any:
        raise NotImplementedError

    def asked(self, player_id: int) -> asyncio.Task[Player | None]:
        async def ask() -> Player | None:
            with deadline.within(FOREVER_S):
                return await self._gathering.one(READ, player_id)

        return asyncio.create_task(ask())

    def answer(self) -> None:
        self.sent.pop()[1].set_result(None)


moves = st.one_of(st.sampled_from(PLAYERS), st.sampled_from(["change", "answer"]))


@settings(max_examples=400)
@given(st.lists(moves, max_size=40))
def test_everyone_gets_what_they_asked_for(moves: list[int | str]) -> None:
    """Their own, or nothing where there is none; none older than the question; one statement at a time."""

    async def run() -> None:
        roster = Roster()
        asked: list[tuple[int, int, asyncio.Task[Player | None]]] = []
        for move in [*moves, *["answer"] * len(moves)]:
            if isinstance(move, int):
                asked.append((move, roster.edition, roster.asked(move)))
            elif move == "change":
                roster.edition += 1
            elif roster.sent:
                roster.answer()
            await settle()
            assert len(roster.sent) <= 1
        for player_id, edition, task in asked:
            player = await task
            if player_id == MISSING:
                assert player is None
            else:
                assert player is not None
                assert player.id == player_id
                assert player.edition >= edition

    asyncio.run(run())


def test_a_crowd_takes_two_statements() -> None:
    """The first asks for one, the second for all that are asked for meanwhile, each of them once."""

    async def run() -> None:
        roster = Roster()
        tasks = [roster.asked(player_id) for player_id in (0, *PLAYERS, *PLAYERS)]
        sent = []
        for _ in range(2):
            await settle()
            sent.append(roster.sent[0][0])
            roster.answer()
        assert sent == [{"0"}, {"0", "1", "2", "3"}]
        await asyncio.gather(*tasks)
        assert not roster.sent

    asyncio.run(run())
