"""A match counts once, whoever says so at the same time, and counts anew when it is corrected."""

from concurrent.futures import ThreadPoolExecutor
from random import Random

from httpx import Client

from db.contract.url import DatabaseUrl
from tests.database.api.evening import (
    API,
    Document,
    finalise,
    made,
    make_match,
    make_players,
    put_goals,
    ratings,
    side,
)
from tests.database.api.recount import (
    assert_ratings_follow_from_matches,
    assert_statistics_follow_from_matches,
)
from tests.database.migrating import rows
from tests.eventually import eventually
from tests.server.roles import session

AT_ONCE = 8
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def test_finalised_at_once_a_match_moves_ratings_once(organiser: Client) -> None:
    """Of many who blow the whistle one is heard; the others are told that the match has changed."""
    player_ids = make_players(organiser, 4)
    match = make_match(organiser, player_ids)
    with ThreadPoolExecutor(AT_ONCE) as people:
        answers = list(people.map(lambda _: finalise(organiser, match).status_code, range(AT_ONCE)))
    assert sorted(answers) == [200] + [412] * (AT_ONCE - 1)
    assert [len(ratings(organiser, player_id)) for player_id in player_ids] == [1] * 4


def test_a_final_match_is_not_finalised_again(organiser: Client) -> None:
    """Whoever has read that it is final is told how a match is corrected."""
    match = made(finalise(organiser, make_match(organiser, make_players(organiser, 2))), 200)
    again = finalise(organiser, match)
    assert again.status_code == 409
    assert "correct it by putting its goals" in again.json()["detail"]


def test_matches_that_share_players_are_finalised_at_once_without_loss(
    organiser: Client, owner_url: DatabaseUrl, api_url: DatabaseUrl
) -> None:
    """Each rating stands on the one before it, and nobody waits for ever."""
    player_ids = make_players(organiser, 6)
    drawn = Random(1)  # noqa: S311 - a draw, no secret
    matches = [make_match(organiser, drawn.sample(player_ids, 4)) for _ in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as people:
        answers = list(people.map(lambda match: finalise(organiser, match).status_code, matches))
    assert answers == [200] * AT_ONCE
    assert_ratings_follow_from_matches(owner_url.replace(database=api_url.database))


def test_a_correction_moves_everything_that_came_after(
    organiser: Client, anonymous: Client, owner_url: DatabaseUrl, api_url: DatabaseUrl
) -> None:
    """Ratings and statistics become what they had been, had the goals been right from the start."""
    player_ids = make_players(organiser, 4)
    first, *later = [made(finalise(organiser, make_match(organiser, player_ids)), 200) for _ in range(3)]
    scorer = side(organiser, first, "home")[0]
    corrected = put_goals(organiser, first, [{"scorer_id": scorer}, {"scorer_id": scorer}])
    assert (corrected["home_score"], corrected["state"]) == (2, "final")
    assert_ratings_follow_from_matches(owner_url.replace(database=api_url.database))
    assert_statistics_follow_from_matches(owner_url.replace(database=api_url.database))
    lines = {line["player_id"]: line for line in leaderboard(anonymous)}
    assert [lines[scorer][key] for key in ("won", "drawn", "goals", "points")] == [
        1,
        len(later),
        2,
        3 + len(later),
    ]


def test_corrections_and_final_whistles_at_once_lose_nothing(
    organiser: Client, owner_url: DatabaseUrl, api_url: DatabaseUrl
) -> None:
    """Matches of the same players end while earlier ones are corrected: each counts once, as it now stands."""
    player_ids = make_players(organiser, 6)
    drawn = Random(2)  # noqa: S311 - a draw, no secret
    played = [make_match(organiser, drawn.sample(player_ids, 4)) for _ in range(2 * AT_ONCE)]
    final = [made(finalise(organiser, match), 200) for match in played[:AT_ONCE]]
    scorers = {match["id"]: side(organiser, match, "away")[0] for match in final}
    owner = owner_url.replace(database=api_url.database)

    def correct(match: Document) -> int:
        path, goals = f"{API}/matches/{match['id']}/goals", [{"scorer_id": scorers[match["id"]]}] * 3
        return organiser.put(path, json=goals, headers={"If-Match": f'"{match["edition"]}"'}).status_code

    # All of them wait for the same players, so that they then go on in whatever order the server wakes them.
    with session(owner, autocommit=False) as cursor, ThreadPoolExecutor(2 * AT_ONCE) as people:
        cursor.execute("SELECT FROM player WHERE id = ANY (%s) FOR UPDATE", [player_ids])
        corrected = [people.submit(correct, match) for match in final]
        ended = [people.submit(finalise, organiser, match) for match in played[AT_ONCE:]]
        eventually(lambda: rows(owner, WAITING)[0][0] > 1)
        cursor.connection.commit()
        answers = [one.result() for one in corrected] + [one.result().status_code for one in ended]
    assert answers == [200] * 2 * AT_ONCE
    assert_ratings_follow_from_matches(owner)
    assert_statistics_follow_from_matches(owner)


def leaderboard(client: Client) -> list[Document]:
    lines: list[Document] = client.get(f"{API}/statistics?season=2025&limit=100").json()["items"]
    return lines
