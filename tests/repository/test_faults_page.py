"""docs/faults.md names tests: they are there."""

import re

from tests.repository.tree import ROOT

PAGE = (ROOT / "docs" / "faults.md").read_text()


def test_each_fault_names_a_test_that_is_there() -> None:
    """Whoever reads that a fault is tested finds the test under that name."""
    names = set(re.findall(r"`(test_\w+)`", PAGE))
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(names) > 40
    assert [name for name in sorted(names) if f"def {name}(" not in tests] == []


def test_each_fault_names_files_that_are_there() -> None:
    """The same for whole files."""
    paths = set(re.findall(r"tests/[\w/]+\.py", PAGE))
    assert [path for path in sorted(paths) if not (ROOT / path).is_file()] == []
