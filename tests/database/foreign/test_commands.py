"""Every command on a history with two heads by design, and on what is no history at all."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.database.foreign.project import Project, execute, revision
from tests.job.database import Database
from tests.job.process import Ended, Job

Make = Callable[..., Project]
TABLE = {"up": execute("CREATE TABLE player (name text)"), "down": execute("DROP TABLE player")}
FORKED = (
    revision("1", **TABLE),
    revision("expand", "1", up=execute("ALTER TABLE player ADD x int")),
    revision("contract", "1", depends_on="expand"),
    revision("other", "1", down="assert op.get_bind().exec_driver_sql('SELECT 1').scalar() == 1"),
)


@pytest.fixture
def forked(job: Job, project: Make) -> Callable[..., Ended]:
    """`forked(command…)` is what the command says of a history with two heads, which is applied."""
    given = project(*FORKED)
    there = ("--migrations", str(given.migrations))
    assert job.run(*there, "upgrade", "heads").code == 0
    return lambda *arguments: job.run(*there, *arguments)


def test_several_heads_are_applied_only_where_that_is_meant(job: Job, project: Make) -> None:
    """As with plain `alembic`, `upgrade` alone takes two heads for a mistake; `depends_on` makes no third one."""
    there = ("--migrations", str(project(*FORKED).migrations))
    refused = job.run(*there, "upgrade")
    assert (refused.code, "2 heads" in refused.outcome["message"]) == (65, True)
    assert sorted(job.run(*there, "upgrade", "heads").outcome["applied"]) == [
        "1",
        "contract",
        "expand",
        "other",
    ]


def test_questions_are_answered_of_several_heads(forked: Callable[..., Ended]) -> None:
    """Looking changes nothing, so nobody has to say that two heads are meant."""
    assert forked("check").code == 0
    assert json.loads(forked("status", "--json").stdout)["standing"] == "at_head"
    assert len(json.loads(forked("history", "--json").stdout)) == 4
    assert json.loads(forked("plan", "--json").stdout)["steps"] == []
    assert forked("finish", "--soak", "0").outcome["outcome"] == "nothing"


def test_a_stamp_moves_several_heads(forked: Callable[..., Ended], found: Database) -> None:
    """Down to one that both stand on, up again, or to none."""
    for revisions, heads in ((["1"], {"1"}), (["heads"], {"contract", "other"}), (["base"], set())):
        assert forked("stamp", *revisions).code == 0
        assert found.heads == heads == found.ledger_heads


def test_a_way_back_that_no_sql_says_is_gone_on_a_word(forked: Callable[..., Ended], found: Database) -> None:
    """What a revision undoes may depend on what it finds: then that is what has to be accepted."""
    refused = forked("downgrade", "1")
    assert refused.code == 85
    assert "other undoes" in refused.outcome["message"]
    assert forked("downgrade", "1", *refused.outcome["hint"].split()[-2:]).code == 0
    assert found.heads == {"1"}


def test_a_plan_names_what_no_sql_says(job: Job, project: Make) -> None:
    """A revision that asks the database is planned, not refused."""
    asks = revision("1", up="assert op.get_bind().exec_driver_sql('SELECT 1').scalar() == 1")
    there = ("--migrations", str(project(asks).migrations))
    [step] = json.loads(job.run(*there, "plan", "--json").stdout)["steps"]
    assert step["statements"] is None
    assert "read its script" in job.run(*there, "plan").stdout


def test_a_database_that_plain_alembic_made_is_taken_over(job: Job, project: Make) -> None:
    """Before the first run, only what alembic_version lacks is to come; after it, the ledger knows the rest too."""
    given = project(revision("1", **TABLE), revision("2", "1"))
    given.alembic(job.url, "upgrade", "1")
    there = ("--migrations", str(given.migrations))
    assert job.run(*there, "check").code == 79
    assert [one["revision"] for one in json.loads(job.run(*there, "status", "--json").stdout)["pending"]] == [
        "2"
    ]
    assert [one["revision"] for one in json.loads(job.run(*there, "plan", "--json").stdout)["steps"]] == ["2"]
    assert job.run(*there, "upgrade").outcome["applied"] == ["2"]
    sources = {
        one["revision"]: one["source"] for one in json.loads(job.run(*there, "history", "--json").stdout)
    }
    assert sources == {"1": "reconcile", "2": "step"}


def test_verify_compares_as_env_py_would(job: Job, project: Make) -> None:
    """What its include_name leaves out is no drift."""
    models = "target_metadata = MetaData()"
    options = "include_name=lambda name, kind, parents: name != 'player'"
    there = ("--migrations", str(project(revision("1", **TABLE), models=models, options=options).migrations))
    job.run(*there, "upgrade")
    assert json.loads(job.run(*there, "verify", "--json").stdout)["drift"] == []
    drifting = ("--migrations", str(project(revision("1", **TABLE), models=models).migrations))
    assert job.run(*drifting, "verify").code == 84


@pytest.mark.parametrize(
    ("revisions", "said"),
    [
        ((), "no revision"),
        ((revision("1"), revision("1")), "more than once"),
        ((revision("1", "gone"),), "gone"),
        ((revision("1", first="import nothing_of_this_name"),), "nothing_of_this_name"),
        ((revision("1", first="1 +"),), "SyntaxError at r0.py, line 4"),
        ((revision("1", first="phase = 'sideways'"),), "phase"),
    ],
    ids=["empty", "twice", "without its parent", "without its imports", "no Python", "meaningless"],
)
def test_what_is_no_history_is_refused_before_anyone_connects(
    job: Job, project: Make, revisions: tuple[str, ...], said: str
) -> None:
    """65, with the revision or the file in it; an empty history is no "nothing to do"."""
    refused = job.run(
        "--migrations", str(project(*revisions).migrations), "upgrade", environ={"DATABASE_URL": "x"}
    )
    assert refused.code == 65, refused.text
    assert said in refused.outcome["message"]


def test_a_folder_without_env_py_is_refused(job: Job, tmp_path: Path) -> None:
    """The setting names the folder of an env.py, not that of the revisions."""
    refused = job.run("--migrations", str(tmp_path), "upgrade")
    assert (refused.code, "env.py" in refused.outcome["message"]) == (65, True)
