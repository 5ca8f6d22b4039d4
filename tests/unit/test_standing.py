"""How a database stands to an image: every standing, its order, and what its reason says."""

from typing import NamedTuple

import pytest

from db.contract.ledger import Snapshot, State
from db.contract.lineage import Lineage
from db.contract.standing import Standing, edited, judge
from db.contract.value import replace
from tests.unit.lineages import database, revision, without_ledger

FIRST = revision("0001")
SECOND = revision("0002", "0001")
TRAILING = revision("0003", "0002", required=False)
# Code that has 0001 and not yet 0002 uses what 0004 takes away.
CONTRACT = revision("0004", "0003", breaks=["0001:0002"])
OTHER = revision("0002b", "0001")

OLD = Lineage.of([FIRST])
IMAGE = Lineage.of([FIRST, SECOND])
NEW = Lineage.of([FIRST, SECOND, TRAILING, CONTRACT])


class Case(NamedTuple):
    """A database, an image, and whether its code may serve."""

    found: Snapshot
    image: Lineage
    ready: bool


CASES = {
    Standing.EMPTY: Case(Snapshot(heads=None, has_tables=False), IMAGE, ready=False),
    Standing.UNVERSIONED: Case(Snapshot(heads=None, has_tables=True), IMAGE, ready=False),
    Standing.STALE: Case(database(FIRST, heads=["0002"], ledger_heads=["0001"]), OLD, ready=False),
    Standing.FOREIGN: Case(without_ledger("beef"), IMAGE, ready=False),
    Standing.DIVERGED: Case(database(FIRST, OTHER), IMAGE, ready=False),
    Standing.BROKEN: Case(database(FIRST, SECOND, TRAILING, CONTRACT), OLD, ready=False),
    Standing.BEHIND: Case(database(FIRST), IMAGE, ready=False),
    Standing.UNFINISHED: Case(database(FIRST, SECOND), NEW, ready=True),
    Standing.AT_HEAD: Case(database(FIRST, SECOND), IMAGE, ready=True),
    Standing.AHEAD: Case(database(FIRST, SECOND, TRAILING, CONTRACT), IMAGE, ready=True),
}


@pytest.mark.parametrize("standing", Standing)
def test_every_standing_is_met_and_says_whether_to_serve(standing: Standing) -> None:
    """Each word of the enum has a database that it fits, and one answer to "may I serve?"."""
    found, image, ready = CASES[standing]
    judgement = judge(found, image)
    assert (judgement.standing, judgement.ready) == (standing, ready)
    assert judgement.expected == image.heads


@pytest.mark.parametrize("standing", [standing for standing, case in CASES.items() if not case.ready])
def test_who_may_not_serve_is_told_what_to_do(standing: Standing) -> None:
    """A standing that keeps a pod out names a remedy; the others need none."""
    found, image, _ = CASES[standing]
    assert judge(found, image).remedy


@pytest.mark.parametrize("standing", [standing for standing, case in CASES.items() if case.found.heads])
def test_the_reason_names_found_and_expected(standing: Standing) -> None:
    """A reader of the log sees what the database holds, unless it is one edited revision that matters."""
    found, image, _ = CASES[standing]
    for head in (*found.found, *image.heads):
        assert head in judge(found, image).reason


def test_a_history_back_at_its_base_is_empty() -> None:
    """Where the ledger says that nothing is applied, other tables in the schema are somebody else's."""
    went_back = Snapshot(heads=(), has_tables=True, ledger_heads=())
    assert judge(went_back, IMAGE).standing is Standing.EMPTY


def test_a_version_table_without_a_row_beside_tables_is_unversioned() -> None:
    """An emptied alembic_version is no evidence of an empty database."""
    assert judge(Snapshot(heads=(), has_tables=True), IMAGE).standing is Standing.UNVERSIONED


@pytest.mark.parametrize(
    "found", [without_ledger("0002"), database(FIRST, heads=["0002"], ledger_heads=["0001"])]
)
def test_without_a_ledger_to_trust_equality_decides(found: Snapshot) -> None:
    """A missing or stale ledger leaves plain equality: exactly what is expected may serve."""
    judgement = judge(found, IMAGE)
    assert (judgement.standing, judgement.ready) == (Standing.STALE, True)
    assert not judge(found, NEW).ready
    assert not judge(found, OLD).ready


def test_equality_is_of_what_is_applied_not_of_its_spelling() -> None:
    """With depends_on, alembic_version may hold fewer rows than the image has heads, for the same revisions."""
    depending = revision("0002", depends_on=["0001"])
    image = Lineage.of([FIRST, depending])
    assert judge(without_ledger("0001", "0002"), image).ready
    assert judge(without_ledger("0002"), image).ready


def test_a_stale_ledger_explains_no_unknown_head() -> None:
    """Where plain alembic went ahead, the ledger can't prove that nothing this image uses has gone."""
    judgement = judge(database(FIRST, heads=["0009"], ledger_heads=["0001"]), IMAGE)
    assert (judgement.standing, judgement.ready) == (Standing.STALE, False)


def test_the_same_id_with_another_content_is_foreign() -> None:
    """Two branches that both ship 0002 are two revisions: the one applied is named, with its release."""
    judgement = judge(database(FIRST, revision("0002", "0001", digest="another")), IMAGE)
    assert judgement.standing is Standing.FOREIGN
    assert judgement.revision == "0002"
    assert "1.4.0" in judgement.reason


def test_an_accepted_edit_is_no_stranger() -> None:
    """A digest that a person accepted since counts like the one that was applied."""
    found = database(FIRST, SECOND)
    row = replace(found.rows["0002"], digests=("before", SECOND.digest))
    assert edited(replace(found, rows={**found.rows, "0002": row}), IMAGE) == ()


def test_a_row_whose_content_nobody_knows_is_no_edit() -> None:
    """A stamped or reconciled row has no digest to differ from."""
    assert judge(database(FIRST, revision("0002", "0001", digest="")), IMAGE).standing is Standing.AT_HEAD


@pytest.mark.parametrize("state", State)
def test_what_is_announced_breaks_like_what_is_applied(state: State) -> None:
    """While a contract is under way, either way, code that uses what it takes away is out."""
    found = database(FIRST, SECOND, TRAILING, CONTRACT, heads=["0003"], states={"0004": state})
    assert judge(found, OLD).standing is Standing.BROKEN
    assert judge(found, IMAGE).ready


@pytest.mark.parametrize("state", [State.APPLYING, State.REVERTING])
def test_what_is_only_announced_meets_no_need(state: State) -> None:
    """A step half done, or half undone, is not applied."""
    found = database(FIRST, SECOND, heads=["0001"], states={"0002": state})
    assert judge(found, IMAGE).standing is Standing.BEHIND


def test_lacking_and_strange_is_diverged_even_where_it_breaks() -> None:
    """Two branches are told apart from an older release: no run of this image's Job would help."""
    breaking = revision("0002b", "0001", breaks=["0001:0002b"])
    assert judge(database(FIRST, breaking), IMAGE).standing is Standing.DIVERGED


def test_broken_comes_before_behind() -> None:
    """A database that takes away what I use is not cured by what it lacks: mine alone is announced here."""
    mine = revision("0002", "0001", breaks=[":0003"])
    image = Lineage.of([FIRST, mine, revision("0003b", "0001")])
    found = database(FIRST, mine, heads=["0001"], states={"0002": State.APPLYING})
    assert judge(found, image).standing is Standing.BROKEN


def test_a_broken_image_is_told_by_whom_and_when() -> None:
    """The revision that took away what the code uses is named with its release and time."""
    judgement = judge(database(FIRST, SECOND, TRAILING, CONTRACT), OLD)
    assert judgement.revision == "0004"
    assert "by release 1.4.0 at 2025-10-01 18:30Z" in judgement.reason


def test_a_baseline_is_applied_where_all_that_it_replaces_is() -> None:
    """A squashed history runs nothing on a database that has the long one."""
    baseline = revision("0100", replaces=["0001", "0002"])
    assert judge(database(FIRST, SECOND), Lineage.of([baseline])).standing is Standing.AT_HEAD
    assert judge(database(FIRST), Lineage.of([baseline])).standing is Standing.BEHIND


def test_a_replaced_row_is_nothing_unknown() -> None:
    """The rows of what a baseline replaced stay, and do not make the database look ahead."""
    baseline = revision("0100", replaces=["0001", "0002"])
    found = database(FIRST, SECOND, baseline, heads=["0100"])
    assert judge(found, Lineage.of([baseline])).standing is Standing.AT_HEAD
