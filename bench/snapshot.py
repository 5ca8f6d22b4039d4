"""`python -m bench.snapshot`: what it costs to ask how a schema stands, at 200 revisions, and not only for its version.

FULL is what a pod asks first in each session and whenever something moved; MOVED is what it asks at each heartbeat.
"""

import asyncio
import time
from collections.abc import Mapping
from contextlib import closing
from statistics import median

import asyncpg
import psycopg2

from db.contract import snapshot, tables
from db.contract.ledger import FORMAT
from db.contract.names import History
from db.contract.url import DatabaseUrl
from scripts.tour.place import OWNER, choose_ports, settled
from tests.server.roles import fresh_database, session

REVISIONS = 200
ROUNDS, REPEATED = 100, 10
HISTORY = History()
BARE = "SELECT version_num"
STATEMENTS = {
    BARE: HISTORY.fill("SELECT version_num FROM {version}"),
    "MOVED": HISTORY.fill(snapshot.MOVED),
    "FULL": HISTORY.fill(snapshot.FULL),
}
LEDGER = (
    "CREATE TABLE {version} (version_num varchar(32) PRIMARY KEY)",
    f"INSERT INTO {{version}} VALUES ('{REVISIONS:04}')",
    *tables.CREATE,
    "INSERT INTO {schema}.ledger_state SELECT {history}, %(format)s, ARRAY[%(head)s], 1, 'here', '-infinity'",
    """
INSERT INTO {schema}.ledger_revision
       (history, revision, down_revisions, phase, breaks, required, state, digests, source, release)
SELECT {history}, to_char(n, 'FM0000'), ARRAY[to_char(n - 1, 'FM0000')], 'expand',
       CASE WHEN n %% 20 = 0 THEN ARRAY['0001:0002'] ELSE '{}' END, true, 'applied',
       ARRAY[left(md5(n::text), 16)], 'step', '1-4-0'
  FROM generate_series(1, %(revisions)s) AS n
""",
    f"UPDATE {{schema}}.ledger_state SET rows = {snapshot.ROWS}",
    "ANALYZE",
)
Costs = dict[str, list[float]]


def make_ledger(url: DatabaseUrl) -> None:
    values = {"format": FORMAT, "head": f"{REVISIONS:04}", "revisions": REVISIONS}
    with session(url) as cursor:
        for statement in LEDGER:
            cursor.execute(HISTORY.fill(statement), values)


async def through_asyncpg(url: DatabaseUrl) -> tuple[Costs, Costs]:
    """The first answer of a session, and the later ones, in microseconds."""
    first: Costs = {name: [] for name in STATEMENTS}
    later: Costs = {name: [] for name in STATEMENTS}
    for _ in range(ROUNDS):
        for name, sql in STATEMENTS.items():
            connection = await asyncpg.connect(**url.for_asyncpg())
            costs = first[name]
            for _ in range(1 + REPEATED):
                begun = time.perf_counter()
                await connection.fetchrow(sql)
                costs.append(1e6 * (time.perf_counter() - begun))
                costs = later[name]
            await connection.close()
    return first, later


def through_psycopg2(url: DatabaseUrl) -> Costs:
    """What the Job waits for, in microseconds; it plans each time anew."""
    costs: Costs = {name: [] for name in STATEMENTS}
    with closing(psycopg2.connect(**url.for_psycopg2())) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        for _ in range(ROUNDS):
            for name, sql in STATEMENTS.items():
                begun = time.perf_counter()
                cursor.execute(sql)
                cursor.fetchone()
                costs[name].append(1e6 * (time.perf_counter() - begun))
    return costs


def row(name: str, measured: Mapping[str, Costs]) -> str:
    cells = []
    for costs in measured.values():
        cost, bare = median(costs[name]), median(costs[BARE])
        cells.append(f"{cost:9.0f} µs {cost / bare:6.2f}")
    return f"{name:20}" + "".join(f"{cell:>22}" for cell in cells)


def main() -> None:
    with settled(choose_ports(0).postgres) as place, fresh_database(place.server.url, OWNER) as name:
        url = DatabaseUrl.parse(place.owner_url_file.read_text()).replace(database=name)
        make_ledger(url)
        first, later = asyncio.run(through_asyncpg(url))
        measured = {"asyncpg, again": later, "asyncpg, first": first, "psycopg2": through_psycopg2(url)}
    print(f"{'':20}" + "".join(f"{how:>22}" for how in measured))
    for name in STATEMENTS:
        print(row(name, measured))


if __name__ == "__main__":
    main()
