"""A session that moves while others whistle, correct and make its matches, in real transactions."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from httpx import Client, Response

from db.contract.url import DatabaseUrl
from tests.database.api.evening import API, finalise, made, make_match, make_players, side
from tests.database.api.recount import (
    assert_ratings_follow_from_matches,
    assert_statistics_follow_from_matches,
)
from tests.database.api.test_moved_sessions import final, lines, moves
from tests.database.api.test_states import one_after_the_other
from tests.database.migrating import rows
from tests.eventually import eventually
from tests.server.roles import session

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


@pytest.mark.parametrize("whistle_first", [True, False])
def test_a_whistle_while_the_session_moves_counts_in_one_season(
    organiser: Client, owner: DatabaseUrl, *, whistle_first: bool
) -> None:
    """Whoever comes second waits: a final match is moved with its session, a moved one has to be read again."""
    player_ids = make_players(organiser, 2)
    match = make_match(organiser, player_ids)
    acts = [lambda: finalise(organiser, match), moves(organiser, match)]
    told = one_after_the_other(owner, match["session_id"], acts if whistle_first else acts[::-1])
    assert [answer.status_code for answer in told] == [200, 200 if whistle_first else 412]
    assert lines(organiser, 2025, player_ids) == {}
    assert sorted(lines(organiser, 2024, player_ids)) == (player_ids if whistle_first else [])
    assert_statistics_follow_from_matches(owner)


@pytest.mark.parametrize("correction_first", [True, False])
def test_a_correction_while_the_session_moves_counts_in_one_season(
    organiser: Client, owner: DatabaseUrl, *, correction_first: bool
) -> None:
    """Both wait for the match, in this order: the first is heard, and what the second finds is that one's."""
    match = final(organiser, make_players(organiser, 2))
    scorer = side(organiser, match, "away")[0]
    path, unchanged = f"{API}/matches/{match['id']}", {"If-Match": f'"{match["edition"]}"'}
    goals = [{"scorer_id": scorer}] * 2
    acts = [lambda: organiser.put(f"{path}/goals", json=goals, headers=unchanged), moves(organiser, match)]
    with session(owner, autocommit=False) as cursor, ThreadPoolExecutor(2) as people:
        cursor.execute("SELECT FROM match WHERE id = %s FOR UPDATE", [match["id"]])
        told = []
        for act in acts if correction_first else acts[::-1]:
            told.append(people.submit(act))
            eventually(lambda: rows(owner, WAITING)[0][0] == len(told))
        cursor.connection.commit()
        answers = [one.result().status_code for one in told]
    assert answers == [200, 200 if correction_first else 412]
    sheet = made(organiser.get(path), 200)
    assert (sheet["season"], sheet["away_score"]) == (2024, 2 if correction_first else 0)
    assert_statistics_follow_from_matches(owner)
    assert_ratings_follow_from_matches(owner)


def test_sessions_that_share_players_move_at_once_without_loss(organiser: Client, owner: DatabaseUrl) -> None:
    """Every one of them is heard, and the seasons are what a recount finds."""
    player_ids = make_players(organiser, 4)
    acts = [moves(organiser, final(organiser, player_ids[start : start + 2])) for start in (0, 1, 2) * 2]
    with session(owner, autocommit=False) as cursor, ThreadPoolExecutor(len(acts)) as people:
        cursor.execute("SELECT FROM player WHERE id = ANY (%s) FOR UPDATE", [player_ids])
        told = [people.submit(act) for act in acts]
        eventually(lambda: rows(owner, WAITING)[0][0] > 1)
        cursor.connection.commit()
        assert [one.result().status_code for one in told] == [200] * len(acts)
    assert lines(organiser, 2025, player_ids) == {}
    assert_statistics_follow_from_matches(owner)


def test_whistles_corrections_and_moves_at_once_lose_nothing(organiser: Client, owner: DatabaseUrl) -> None:
    """Let go together, each is heard or told to read again, none is a deadlock's victim, and all figures follow."""
    player_ids = make_players(organiser, 4)
    acts: list[Callable[[], Response]] = []
    for start in (0, 1, 2) * 2:
        two = player_ids[start : start + 2]
        match = final(organiser, two) if start else make_match(organiser, two)
        path, unchanged = f"{API}/matches/{match['id']}", {"If-Match": f'"{match["edition"]}"'}
        goals = f"{path}/goals" if start else f"{path}/finalisation"
        acts += [
            partial(organiser.request, "PUT" if start else "POST", goals, json=[] if start else {}, headers=unchanged),
            moves(organiser, match),
        ]  # fmt: skip
    for some in (acts[:6], acts[6:]):  # the API has eight connections
        with session(owner, autocommit=False) as cursor, ThreadPoolExecutor(len(some)) as people:
            cursor.execute("SELECT FROM player WHERE id = ANY (%s) FOR UPDATE", [player_ids])
            told = [people.submit(act) for act in some]
            eventually(lambda: rows(owner, WAITING)[0][0] > 1)
            cursor.connection.commit()
            answers = [one.result().status_code for one in told]
        assert answers[1::2] == [200] * 3
        assert set(answers[::2]) <= {200, 412}
    assert lines(organiser, 2025, player_ids) == {}
    assert_statistics_follow_from_matches(owner)
    assert_ratings_follow_from_matches(owner)


@pytest.mark.parametrize("match_first", [True, False])
def test_a_match_made_while_the_session_moves_is_in_its_season(
    organiser: Client, owner: DatabaseUrl, *, match_first: bool
) -> None:
    """Whether it was there already or is made afterwards, it belongs where the session then begins."""
    match = make_match(organiser, make_players(organiser, 2))
    path = f"{API}/sessions/{match['session_id']}/matches"
    acts = [lambda: organiser.post(path, json={}), moves(organiser, match)]
    told = one_after_the_other(owner, match["session_id"], acts if match_first else acts[::-1])
    assert sorted(answer.status_code for answer in told) == [200, 201]
    assert [one["season"] for one in made(organiser.get(path), 200)["items"]] == [2024, 2024]
