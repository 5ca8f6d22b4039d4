"""db/revisions.lock: what is written is read again, and what is not a lockfile is refused."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.contract.lineage import Clause, Phase, Revision, TableLock
from db.contract.lockfile import LOCKFILE, Entry, read, read_entries, render
from db.contract.refusal import ExitCode, Refusal
from tests.unit.lineages import revision

TEXTS = st.text(max_size=20)
IDS = st.text(st.characters(exclude_characters=":"), min_size=1, max_size=32)
LOCKS = st.builds(TableLock, TEXTS, TEXTS, st.booleans(), st.booleans())
REVISIONS = st.builds(
    Revision,
    revision=IDS,
    down_revisions=st.lists(IDS).map(tuple),
    depends_on=st.lists(IDS).map(tuple),
    phase=st.sampled_from(Phase),
    breaks=st.lists(st.builds(Clause, st.none() | IDS, IDS)).map(tuple),
    required=st.booleans(),
    digest=TEXTS,
    replaces=st.lists(IDS).map(tuple),
    announced=st.booleans(),
    locks=st.none() | st.lists(LOCKS).map(tuple),
)
ENTRIES = st.lists(st.builds(Entry, REVISIONS, TEXTS, TEXTS)).map(tuple)


def entry(id_: str, *down: str) -> Entry:
    return Entry(revision(id_, *down), f"{id_}.py", "")


@given(ENTRIES)
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, entries: tuple[Entry, ...]
) -> None:
    """A lockfile loses nothing of any revision, whatever characters are in it."""
    path = tmp_path_factory.getbasetemp() / "revisions.lock"
    path.write_text(render(entries), encoding="utf-8")
    assert read_entries(path) == entries


def test_a_revision_is_a_line() -> None:
    """A diff shows a revision that came as one line that came, and its last line is the head."""
    first, second = entry("0001"), entry("0002", "0001")
    assert render([first, second]).startswith(render([first]))
    assert render([first, second]).count("\n") == 3


def test_the_head_is_what_no_revision_stands_on() -> None:
    """The committed lockfile has one head, and it stands in its last line."""
    assert read(LOCKFILE).heads == (read_entries(LOCKFILE)[-1].revision.revision,)


def test_no_lockfile_is_refused_with_the_remedy(tmp_path: Path) -> None:
    """An image without its lockfile can't know what it expects: 65, and how to write it."""
    with pytest.raises(Refusal) as refusal:
        read(tmp_path / "revisions.lock")
    assert refusal.value.code is ExitCode.SCRIPTS
    assert "scripts/lock" in refusal.value.remedy


GOOD = render([entry("0001")])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "0001\n",
        "[]\n",
        "{}\n",
        GOOD.replace('"format": 1', '"format": 2'),
        GOOD + "{}\n",
        GOOD + "[]\n",
        GOOD[:-20],
        GOOD.replace('"breaks": []', '"breaks": ":0001"'),
        GOOD.replace('"expand"', '"expanded"'),
        GOOD.replace('"locks": null', '"locks": [["player"]]'),
        f"<<<<<<< HEAD\n{GOOD}=======\n{GOOD}>>>>>>> theirs\n",
    ],
)
def test_what_is_no_lockfile_is_refused(tmp_path: Path, text: str) -> None:
    """Half a file, another format, a wrong type or conflict markers end with 65, never with a traceback."""
    path = tmp_path / "revisions.lock"
    path.write_text(text)
    with pytest.raises(Refusal) as refusal:
        read(path)
    assert refusal.value.code is ExitCode.SCRIPTS


def git(folder: Path, *arguments: str) -> int:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, check=False
    ).returncode


def test_two_people_who_add_a_revision_meet_in_git(tmp_path: Path) -> None:
    """Each adds a line at the end, so that Git calls a person, and the file between is refused."""
    path = tmp_path / "revisions.lock"
    path.write_text(render([entry("0001")]))
    assert git(tmp_path, "init", "--quiet") == 0
    assert git(tmp_path, "add", ".") == 0
    assert git(tmp_path, "commit", "--quiet", "-m", "Begin") == 0
    for branch in ("mine", "theirs"):
        assert git(tmp_path, "checkout", "--quiet", "-b", branch, "main") == 0
        path.write_text(render([entry("0001"), entry(f"0002 {branch}", "0001")]))
        assert git(tmp_path, "commit", "--quiet", "-am", branch) == 0
    assert git(tmp_path, "merge", "mine") == 1
    with pytest.raises(Refusal, match="two were merged into one"):
        read(path)
