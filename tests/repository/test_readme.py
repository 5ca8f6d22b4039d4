"""README.md, the first thing that anybody reads: its commands, files and settings are there."""

import os
import re
import subprocess
import sys

import pytest

from tests.repository.tree import ROOT

README = (ROOT / "README.md").read_text()
COMMANDS = sorted(set(re.findall(r"python -m db(?: --\w+ [A-Z]+)? ([a-z]+)", README)))


def test_each_script_can_be_started() -> None:
    """Whoever copies a line from the README finds the script."""
    named = set(re.findall(r"\bscripts/[a-z-]+\b(?!/|\.)", README))
    assert "scripts/demo" in named
    assert [script for script in sorted(named) if not os.access(ROOT / script, os.X_OK)] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_of_the_job_is_one(command: str) -> None:
    """`python -m db` knows each command that the README shows."""
    asked = subprocess.run([sys.executable, "-m", "db", command, "--help"], cwd=ROOT, capture_output=True)
    assert asked.returncode == 0


def test_each_file_is_there() -> None:
    """Each link and each path leads somewhere."""
    links = re.findall(r"\]\(([^)#]+)\)", README)
    paths = re.findall(r"`((?:db|docs|kustomize|service|tests)/[\w./-]+)`", README)
    assert links
    assert [path for path in links + paths if not (ROOT / path).exists()] == []


def test_the_two_commands_come_first() -> None:
    """Before any explanation the reader sees what to type."""
    first = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)[0]
    assert re.findall(r"^scripts/\w+", first, re.MULTILINE) == ["scripts/demo", "scripts/test"]
    assert README.index(first) < README.index("\n## ")


def test_it_can_be_read_in_one_go() -> None:
    """It has 80 to 150 lines."""
    assert 80 <= README.count("\n") <= 150
