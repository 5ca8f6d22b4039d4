"""What follows from a history's revisions: closures, heads, needs, and how far `upgrade` goes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.contract.lineage import Clause, Lineage, Phase
from tests.unit.lineages import revision

IDS = st.text(st.characters(exclude_characters=":", exclude_categories=["C"]), min_size=1, max_size=32)


@given(st.builds(Clause, st.none() | IDS, IDS))
def test_a_clause_is_read_as_it_is_written(clause: Clause) -> None:
    """Ledger and lockfile keep a clause as text, and lose nothing of it."""
    assert Clause.parse(str(clause)) == clause


@pytest.mark.parametrize(
    ("known", "breaks"),
    [({"1"}, True), ({"1", "2"}, False), ({"2"}, False), (set(), False)],
    ids=["has since", "has both", "has until", "has neither"],
)
def test_a_clause_breaks_code_between_its_two_ends(known: set[str], breaks: bool) -> None:
    """Who has `since` and not `until` still uses it; who never had it does not miss it."""
    assert Clause("1", "2").breaks(frozenset(known)) is breaks


def test_a_clause_without_since_breaks_any_code_without_until() -> None:
    """None as the first end means whoever has not stopped yet."""
    assert Clause(None, "2").breaks(frozenset())
    assert not Clause(None, "2").breaks(frozenset({"2"}))


def test_code_contains_what_its_heads_depend_on() -> None:
    """A closure goes over down_revision, depends_on and what a baseline replaces."""
    lineage = Lineage.of(
        [revision("a"), revision("b"), revision("c", "a", depends_on=["b"], replaces=["old"])]
    )
    assert lineage.heads == ("c",)
    assert lineage.known == {"a", "b", "c", "old"}


def test_a_revision_that_is_not_known_stands_for_itself() -> None:
    """The closure of a newer database's heads does not invent what lies below them."""
    assert Lineage.of([revision("a")]).closure(["z"]) == {"z"}


def test_upgrade_ends_at_the_last_required_revision() -> None:
    """A trailing backfill and a trailing contract are left to finish; what stands below a need is not."""
    lineage = Lineage.of(
        [
            revision("1"),
            revision("2", "1", phase=Phase.DATA, required=False),
            revision("3", "2"),
            revision("4", "3", phase=Phase.DATA, required=False),
            revision("5", "4", breaks=["1:3"]),
        ]
    )
    assert lineage.upgrade_target == ("3",)
    assert lineage.required == {"1", "2", "3"}


def test_each_branch_is_upgraded_to_its_own_end() -> None:
    """With several heads, upgrade goes to the last required revision of each."""
    lineage = Lineage.of(
        [revision("1"), revision("2a", "1"), revision("2b", "1"), revision("3b", "2b", required=False)]
    )
    assert lineage.heads == ("2a", "3b")
    assert lineage.upgrade_target == ("2a", "2b")


def test_where_nothing_is_required_upgrade_has_nothing_to_do() -> None:
    """A history of optional revisions has no target but the empty database."""
    assert Lineage.of([revision("1", required=False)]).upgrade_target == ()
