"""In which order matches are rated again, where their ratings were written side by side."""

from concurrent.futures import ThreadPoolExecutor

from httpx import Client

from db.contract.url import DatabaseUrl
from tests.database.api.evening import finalise, made, make_match, make_players, put_goals, side
from tests.database.api.recount import (
    assert_ratings_follow_from_matches,
    assert_statistics_follow_from_matches,
)
from tests.database.migrating import execute, rows
from tests.eventually import eventually
from tests.server.roles import session

# Its second rating has its number already, and waits here for whoever holds the lock.
PAUSE = """
CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM rating WHERE match_id = NEW.match_id) THEN
        PERFORM pg_advisory_xact_lock_shared(4711);
    END IF;
    RETURN NEW;
END $$
"""
HALFWAY = "CREATE TRIGGER pause BEFORE INSERT ON rating FOR EACH ROW WHEN (NEW.match_id = {}) EXECUTE FUNCTION pause()"
PAUSED = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted"
NUMBERS = "SELECT min(id), max(id) FROM rating WHERE match_id = {}"


def test_a_match_rated_between_the_halves_of_another_is_corrected_alone(
    organiser: Client, owner_url: DatabaseUrl, api_url: DatabaseUrl
) -> None:
    """Matches without a player in common share nothing but the numbers of their ratings, and no correction."""
    owner = owner_url.replace(database=api_url.database)
    player_ids = make_players(organiser, 8)
    around, within = make_match(organiser, player_ids[:4]), make_match(organiser, player_ids[4:])
    scorer, other = side(organiser, around, "home")[0], side(organiser, within, "away")[0]
    around = put_goals(organiser, around, [{"scorer_id": scorer}])
    execute(owner, PAUSE, HALFWAY.format(around["id"]))
    with session(owner, autocommit=False) as cursor, ThreadPoolExecutor(1) as somebody:
        cursor.execute("SELECT pg_advisory_xact_lock(4711)")
        waiting = somebody.submit(finalise, organiser, around)
        eventually(lambda: rows(owner, PAUSED)[0][0] == 1)
        within = made(finalise(organiser, within), 200)
        cursor.connection.commit()
        made(waiting.result(), 200)
    [(first, last)], [(begins, ends)] = (rows(owner, NUMBERS.format(one["id"])) for one in (around, within))
    assert first < begins < ends < last
    for start in (0, 2, 4):
        made(finalise(organiser, make_match(organiser, player_ids[start : start + 4])), 200)
    within = put_goals(organiser, within, [{"scorer_id": other}] * 2)
    assert_ratings_follow_from_matches(owner)
    put_goals(organiser, around | {"edition": around["edition"] + 1}, [])
    assert_ratings_follow_from_matches(owner)
    assert_statistics_follow_from_matches(owner)
