"""What scripts/build says when it cannot build."""

import os
import subprocess

import pytest

from db.contract.refusal import ExitCode
from tests.image.conftest import ROOT


def build(release: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "scripts/build", release],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("release", ["1.4", "1_2_3", "-1", "Release", "a" * 38, "1 "])
def test_a_release_that_kubernetes_would_not_take_is_refused_in_words(release: str) -> None:
    """A tag that could be no label or Job's name ends the build before it begins."""
    refused = build(release)
    assert refused.returncode == ExitCode.USAGE
    assert f"Found RELEASE='{release}', expected" in refused.stderr


def test_without_an_engine_it_says_which_were_tried() -> None:
    """Whoever has no engine that answers learns which would do."""
    refused = build("1", ENGINE="no-such-engine nor-this")
    assert refused.returncode == ExitCode.UNREACHABLE
    assert "no-such-engine nor-this" in refused.stderr
