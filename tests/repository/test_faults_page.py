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


def test_each_of_the_74_faults_has_a_test_or_a_reason() -> None:
    """Row by row: a test or a file of tests, or the same number again among what is not made here, with the reason."""
    faults, _, not_made = PAGE.partition("## Not made here")
    rows = dict(re.findall(r"^\| (\d+) \|(.*)$", faults, re.MULTILINE))
    assert list(map(int, rows)) == list(range(1, 75))
    untested = {number for number, row in rows.items() if not re.search(r"`test_\w+`|tests/[\w/]+\.py", row)}
    numbers = re.findall(r"^\| ([\d, ]+) \|", not_made, re.MULTILINE)
    assert untested == {number for text in numbers for number in text.split(", ")}
