"""What must be true of a history before anyone connects: each breach ends with 65 and names the revision."""

import pytest

from db.contract.lineage import Phase, Revision
from db.contract.refusal import ExitCode, Refusal
from db.runner.rules import demand
from tests.unit.lineages import revision

ROOT = revision("1")

BREACHES: dict[str, tuple[list[Revision], str]] = {
    "no revision at all": ([], "there is no revision"),
    "an id twice": ([ROOT, ROOT], "1 is there 2 times"),
    "an id that version_num can't hold": ([revision("x" * 33)], f"{'x' * 33} is not an id"),
    "an empty id": ([revision("")], "is not an id"),
    "an id with a colon": ([revision("a:b")], "a:b is not an id"),
    "a missing parent": ([revision("2", "1")], "2 stands on 1, which is not there"),
    "a missing dependency": (
        [ROOT, revision("2", "1", depends_on=["x"])],
        "2 stands on x, which is not there",
    ),
    "two heads": ([ROOT, revision("2a", "1"), revision("2b", "1")], "there are 2 heads (2a, 2b): merge them"),
    "itself as its parent": ([revision("1", "1")], "is a cycle"),
    "a cycle": ([revision("1", "2"), revision("2", "1")], "is a cycle"),
    "a cycle below a head": ([revision("1", "2"), revision("2", "1"), revision("3", "2")], "is a cycle"),
    "a cycle over depends_on": ([revision("1", depends_on=["2"]), revision("2", "1")], "is a cycle"),
    "a merge of a revision and its parent": (
        [ROOT, revision("2", "1"), revision("3", "1", "2")],
        "3 merges 1, on which another of its parents stands already",
    ),
    "a merge of a revision and its dependency": (
        [ROOT, revision("2"), revision("3", "2", depends_on=["1"]), revision("4", "1", "3")],
        "4 merges 1, on which another of its parents stands already",
    ),
    "a contract that breaks nothing": (
        [revision("1", phase=Phase.CONTRACT)],
        "1 is a contract and does not say what it breaks",
    ),
    "a clause that begins above": (
        [revision("1", breaks=["2:1"]), revision("2", "1")],
        "1 breaks 2:1, and 2 is neither itself nor below it",
    ),
    "a clause that ends on another branch": (
        [ROOT, revision("2a", "1", breaks=["1:2b"]), revision("2b", "1"), revision("3", "2a", "2b")],
        "2a breaks 1:2b, and 2b is neither itself nor below it",
    ),
}


@pytest.mark.parametrize("breach", BREACHES)
def test_a_history_that_can_not_be_applied_is_refused(breach: str) -> None:
    """A breach is met before anyone connects, and told with the revision in it."""
    revisions, sentence = BREACHES[breach]
    with pytest.raises(Refusal) as refusal:
        demand(revisions)
    assert refusal.value.code is ExitCode.SCRIPTS
    assert sentence in refusal.value.message
    assert "scripts/lock" in refusal.value.remedy


def test_everything_that_is_wrong_is_said_at_once() -> None:
    """Who corrects a history sees all there is to correct."""
    with pytest.raises(Refusal, match=r"2 stands on 1.*3 stands on 1"):
        demand([revision("2", "1"), revision("3", "1")])


def test_several_heads_are_taken_where_they_are_meant() -> None:
    """A history with branches by design is applied when it is asked for as such."""
    heads = demand([ROOT, revision("2a", "1"), revision("2b", "1")], several_heads=True).heads
    assert heads == ("2a", "2b")


@pytest.mark.parametrize(
    "revisions",
    [
        [revision("x" * 32)],
        [ROOT, revision("2a", "1"), revision("2b", "1"), revision("3", "2a", "2b")],
        [ROOT, revision("2", depends_on=["1"])],
        [ROOT, revision("2", "1", breaks=["1:2"])],
        [ROOT, revision("2", "1", breaks=[":2"])],
        [revision("9", replaces=["1", "2"])],
    ],
    ids=["a long id", "a merge", "a dependency", "breaks to itself", "breaks anybody", "a baseline"],
)
def test_a_history_that_can_be_applied_is_taken(revisions: list[Revision]) -> None:
    """Branches, merges, dependencies, contracts and baselines are ordinary."""
    assert set(demand(revisions).revisions) == {one.revision for one in revisions}
