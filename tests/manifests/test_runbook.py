"""The runbook speaks of what there is: scripts, overlays, standings, and every exit code."""

import re

import pytest

from db.contract.refusal import ExitCode
from db.contract.standing import Standing
from tests.manifests.rendering import OVERLAYS, ROOT

TEXT = (ROOT / "docs/runbook.md").read_text()


def chapter(heading: str) -> str:
    return TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_each_failure_has_a_remedy() -> None:
    """Whatever code a migration ends with, the table says what it means and what to do."""
    codes = re.findall(r"^\| (\d+) \|", chapter("A migration failed"), re.MULTILINE)
    assert [int(code) for code in codes] == sorted(set(ExitCode) - {ExitCode.DONE, ExitCode.PENDING})


def test_each_standing_has_a_remedy() -> None:
    """Whatever a pod says of its database, the table says why and what to do."""
    firsts = re.findall(r"^\| (.*?) \|", chapter("Pods are not ready"), re.MULTILINE)
    words = re.findall(r"[a-z_]+", " ".join(firsts[1:]))
    assert set(words) == set(Standing)


@pytest.mark.parametrize("script", sorted(set(re.findall(r"scripts/([a-z-]+)", TEXT))))
def test_a_script_that_is_named_is_there(script: str) -> None:
    """Nobody looks for a command at night that was renamed by day."""
    assert (ROOT / "scripts" / script).is_file()


def test_overlays_that_are_named_are_there() -> None:
    """Nor for a folder."""
    named = set(re.findall(r"kustomize/overlays/([a-z/-]+[a-z])", TEXT))
    assert {name.removesuffix("/release") for name in named} <= set(OVERLAYS)


def test_links_lead_somewhere() -> None:
    """A link within the page has its heading."""
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.*)$", TEXT, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([a-z-]+)\)", TEXT)) <= headings
