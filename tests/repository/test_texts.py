"""What no file of the repository says."""

import re

import pytest

from tests.repository.tree import texts

THIS = "tests/repository/test_texts.py"
MACHINES = r"(?<![\w.$}/-])/(work|root|home/\w+)/"
INDEXES = r"pypi\.org|pythonhosted|--(extra-)?index-url|--find-links|--trusted-host"
LEFT_OPEN = r"\b(TODO|FIXME|XXX)\b"


@pytest.mark.parametrize("said", [MACHINES, INDEXES, LEFT_OPEN], ids=["machine", "index", "left-open"])
def test_no_file_names_one_machine_or_index_or_leaves_work_open(said: str) -> None:
    """The repository means the same on every machine, whatever packages come from, and is finished."""
    found = [path for path, text in texts().items() if path != THIS and re.search(said, text)]
    assert found == []


def test_only_ci_knows_what_lies_beside_the_repository() -> None:
    """Nothing but .ci/run reaches out of the repository."""
    found = [path for path, text in texts().items() if "../shared" in text]
    assert set(found) <= {".ci/run", THIS}
