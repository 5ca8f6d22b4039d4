"""Readers: what the fence says of one, and the statements by which one announces itself."""

import re
from datetime import timedelta

import pytest

from db.contract.lineage import Lineage
from db.contract.readers import LEAVE, LIVE, REGISTER, RENEW, Reader, in_need_of, in_the_way_of, pyformat
from tests.unit.lineages import revision

FIRST = revision("0001")
SECOND = revision("0002", "0001")
CONTRACT = revision("0003", "0002", breaks=["0001:0002"])
IMAGE = Lineage.of([FIRST, SECOND, CONTRACT])


def reader(*heads: str, release: str | None = "1.3.0") -> Reader:
    return Reader("pod-a", release, heads, timedelta(seconds=61.4), timedelta(minutes=2))


@pytest.mark.parametrize(
    ("heads", "in_the_way"),
    [
        (["0001"], True),
        (["0002"], False),
        (["0003"], False),
        (["beef"], True),
        (["0002", "beef"], True),
        ([], False),
    ],
    ids=["uses it", "has stopped", "newest", "unknown", "partly unknown", "knows nothing"],
)
def test_who_uses_what_goes_is_in_the_way(heads: list[str], in_the_way: bool) -> None:
    """Code between the two ends of a clause holds a contract back; so does code that nobody here knows."""
    asked = (reader(*heads),)
    assert in_the_way_of(CONTRACT.breaks, asked, IMAGE) == (asked if in_the_way else ())


@pytest.mark.parametrize(
    ("heads", "in_need"),
    [(["0001"], False), (["0002"], True), (["0003"], True), (["beef"], True)],
    ids=["older", "head", "newer", "unknown"],
)
def test_who_relies_on_what_goes_back_is_in_need_of_it(heads: list[str], in_need: bool) -> None:
    """A downgrade is held back by whoever contains the revision, and by whom nobody here knows."""
    asked = (reader(*heads),)
    assert in_need_of(["0002"], asked, IMAGE) == (asked if in_need else ())


def test_what_no_code_relies_on_may_go_back_at_any_time() -> None:
    """Taking a contract back adds what was dropped: nobody misses the contract."""
    assert in_need_of(["0003"], [reader("0003")], IMAGE) == ()


def test_a_reader_is_told_by_name_release_age_and_lease() -> None:
    """Who is held back reads whom to look for, since when it is there, and how long it may still be."""
    assert str(reader("0001")) == "pod-a of release 1.3.0 (since 120 s, lease 61 s)"
    assert "release unknown" in str(reader("0001", release=None))


@pytest.mark.parametrize("sql", [RENEW, REGISTER, LEAVE, LIVE])
def test_every_parameter_reaches_the_other_driver(sql: str) -> None:
    """The same text serves asyncpg and psycopg2: each $n becomes one %(pn)s, and nothing else is a per cent."""
    numbers = re.findall(r"\$(\d+)", sql)
    assert re.findall(r"%\(p(\d+)\)s", pyformat(sql)) == numbers
    assert "$" not in pyformat(sql)


def test_a_per_cent_stays_one() -> None:
    """A pattern in a statement is no parameter to psycopg2."""
    assert pyformat("name LIKE 'a%' AND id = $1") % {"p1": 7} == "name LIKE 'a%' AND id = 7"
