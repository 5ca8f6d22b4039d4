"""The season's statistics are whole after the backfills, whoever wrote what while they ran."""

import threading

from db.contract.url import DatabaseUrl
from service.statistics.queries import REFRESH
from tests.database.migrating import connected, execute, rows, upgrade
from tests.database.played import EXPECTED, PLAYERS, SEASON, STATISTICS
from tests.eventually import eventually

BLOCKED = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


def test_the_backfill_counts_the_final_matches(database_url: DatabaseUrl) -> None:
    """Wins, losses, points, goals and assists are those of final matches; an own goal is nobody's goal."""
    upgrade(database_url, "0006")
    execute(database_url, *SEASON)
    upgrade(database_url, "0007")
    assert rows(database_url, STATISTICS) == EXPECTED


def test_what_old_code_finalises_behind_the_backfill_is_counted_by_the_second_pass(
    database_url: DatabaseUrl,
) -> None:
    """A pod of release 0.4 knows no statistics; its match is in them once `finish` has run."""
    upgrade(database_url, "0006")
    execute(database_url, *SEASON)
    upgrade(database_url, "0007")
    execute(database_url, "UPDATE match SET state = 'final', finalised_at = now() WHERE id = 3")
    assert rows(database_url, STATISTICS) == EXPECTED
    upgrade(database_url, "0008")
    won = [won for _, _, won, *_ in rows(database_url, STATISTICS)]
    assert won == [2, 2, 2, 1, 1, 1]


def test_the_backfill_counts_as_the_service_does(database_url: DatabaseUrl) -> None:
    """The statement of the revisions and the service's own give the same rows."""
    upgrade(database_url, "0006")
    execute(database_url, *SEASON)
    upgrade(database_url, "0007")
    backfilled = rows(database_url, STATISTICS)
    players = ", ".join(map(str, range(1, PLAYERS + 1)))
    counted = REFRESH.sql.replace("$1", "2025").replace("$2", f"ARRAY[{players}]")
    execute(database_url, "TRUNCATE season_statistics", counted)
    assert rows(database_url, STATISTICS) == backfilled


def test_a_match_finalised_while_the_backfill_waits_is_not_counted_out(database_url: DatabaseUrl) -> None:
    """The backfill looks at the matches after it has the players' locks, never before."""
    upgrade(database_url, "0006")
    execute(database_url, *SEASON)
    with connected(database_url) as finalising:
        finalising.exec_driver_sql("SELECT id FROM player ORDER BY id FOR NO KEY UPDATE")
        backfill = threading.Thread(target=upgrade, args=(database_url, "0007"))
        backfill.start()
        eventually(lambda: rows(database_url, BLOCKED) == [(1,)])
        finalising.exec_driver_sql("UPDATE match SET state = 'final', finalised_at = now() WHERE id = 3")
        finalising.commit()
    backfill.join()
    won = [won for _, _, won, *_ in rows(database_url, STATISTICS)]
    assert won == [2, 2, 2, 1, 1, 1]
