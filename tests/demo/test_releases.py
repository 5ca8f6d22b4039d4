"""Another release is made of this tree by Python alone, and is what its patches say."""

import subprocess
from pathlib import Path

import pytest

from db.contract.refusal import ExitCode, Refusal
from scripts.releases.making import N_PLUS_1, changed, copied, patched
from tests.repository.tree import ROOT

PATCH = (N_PLUS_1 / "service.patch").read_text()


def test_a_patch_makes_what_git_makes_of_it(tmp_path: Path) -> None:
    """Whoever has no git gets the same code."""
    for name in ("ours", "gits"):
        copied(tmp_path / name)
    patched(tmp_path / "ours", PATCH)
    subprocess.run(["git", "apply", "-"], cwd=tmp_path / "gits", input=PATCH, text=True, check=True)
    differ = subprocess.run(["diff", "--recursive", "ours", "gits"], cwd=tmp_path, capture_output=True)
    assert (differ.returncode, differ.stdout) == (0, b"")
    assert subprocess.run(["diff", "-rq", ROOT / "service", "ours/service"], cwd=tmp_path).returncode == 1


def test_code_that_has_moved_on_is_named(tmp_path: Path) -> None:
    """A patch is made where its lines stand once; anything else is refused, and nothing is guessed."""
    copied(tmp_path / "code")
    patched(tmp_path / "code", PATCH)
    with pytest.raises(Refusal, match=r"queries\.py has the lines that a patch changes 0 times") as refused:
        patched(tmp_path / "code", PATCH)
    assert refused.value.code is ExitCode.SCRIPTS


def test_its_revisions_stand_on_the_head_there_is(tmp_path: Path) -> None:
    """The first revision of N+1 follows the last of N, whichever that is."""
    copied(tmp_path / "code")
    changed(tmp_path / "code", N_PLUS_1)
    head = max(path.name[:4] for path in (ROOT / "db/migrations/versions").glob("[0-9]*.py"))
    (script,) = (tmp_path / "code/db/migrations/versions").glob("9010_*.py")
    assert f'down_revision = "{head}"' in script.read_text()
