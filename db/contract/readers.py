"""Readers: the processes that serve from the schema, their leases, and the SQL by which they announce them.

A round is `RENEW` (`REGISTER` where it touched no row), then a look at the schema, then a decision. Only a whole round
renews what the process believes of its own lease: see docs/decisions. The look is a second statement, or the end of the
same one, as in `snapshot.AS_IT_WRITES`; never an earlier one.
`$1` … are asyncpg's parameters; a psycopg2 caller passes the same text through `pyformat`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from db.contract.lineage import Clause, Lineage

# expires_at alone changes, so that every renewal is a heap-only update.
RENEW = """
UPDATE {schema}.ledger_reader SET expires_at = pg_catalog.clock_timestamp() + $2::interval
 WHERE instance = $1::uuid
"""
REGISTER = """
INSERT INTO {schema}.ledger_reader (instance, history, name, release, heads, registered_at, expires_at)
VALUES ($1::uuid, {history}, $3, $4, $5::text[], pg_catalog.clock_timestamp(),
        pg_catalog.clock_timestamp() + $2::interval)
"""
# What each new session of a process asks before it looks: a machine that stood still with all its clocks has given its
# processes leases that they still believe in. $2 is the margin that they themselves allow for.
STILL_READS = """
SELECT EXISTS (SELECT FROM {schema}.ledger_reader
 WHERE instance = $1::uuid AND expires_at - $2::interval > pg_catalog.clock_timestamp())
"""
LEAVE = "DELETE FROM {schema}.ledger_reader WHERE instance = $1::uuid"
# Behind the fence's lock nobody can renew, so what this finds stays true until the transaction ends.
LIVE = """
SELECT name, release, heads, expires_at - pg_catalog.clock_timestamp() AS remaining,
       pg_catalog.clock_timestamp() - registered_at AS age
  FROM {schema}.ledger_reader
 WHERE history = {history} AND expires_at > pg_catalog.clock_timestamp()
 ORDER BY release, name
"""


def pyformat(sql: str) -> str:
    """`sql` with $1, $2 … as the %(p1)s, %(p2)s … of the DB-API."""
    return re.sub(r"\$(\d+)", r"%(p\1)s", sql.replace("%", "%%"))


@dataclass(frozen=True, slots=True)
class Reader:
    """A process that has said it serves code with these heads, and whose lease has not ended."""

    name: str
    release: str | None
    heads: tuple[str, ...]
    remaining: timedelta
    age: timedelta

    def __str__(self) -> str:
        return (
            f"{self.name} of release {self.release or 'unknown'}"
            f" (since {self.age.total_seconds():.0f} s, lease {self.remaining.total_seconds():.0f} s)"
        )

    def is_known_to(self, image: Lineage) -> bool:
        """Whether `image` can tell what code this reader runs."""
        return all(head in image.revisions for head in self.heads)


def in_the_way_of(clauses: Iterable[Clause], readers: Iterable[Reader], image: Lineage) -> tuple[Reader, ...]:
    """The readers whose code one of `clauses` breaks; one that `image` does not know might be."""
    clauses = tuple(clauses)
    return tuple(
        reader
        for reader in readers
        if not reader.is_known_to(image)
        or any(clause.breaks(image.closure(reader.heads)) for clause in clauses)
    )


def in_need_of(revisions: Iterable[str], readers: Iterable[Reader], image: Lineage) -> tuple[Reader, ...]:
    """The readers whose code relies on one of `revisions`; one that `image` does not know might."""
    going = frozenset(revisions)
    required = frozenset(id_ for id_ in going if id_ in image.revisions and image.revisions[id_].required)
    return tuple(
        reader
        for reader in readers
        if not reader.is_known_to(image) or required & image.closure(reader.heads)
    )
