"""A script's digest: what changes nothing does not change it, and what changes something does."""

import ast
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from db.contract.lockfile import read_entries
from db.runner.digest import digest, mentions
from tests.repository.tree import ROOT

VERSIONS = sorted((ROOT / "db/migrations/versions").glob("*.py"))
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
INSTALLED = (".pyenv/versions/*/bin", ".local/share/uv/python/*/bin")
# Where the grammar, or what the parser makes of it, has changed between versions of Python.
DIFFICULT = '''
"""A docstring."""
import typing as t
async def f(a, /, b: int = 1, *c, d=None, **e) -> "x":
    """Another."""
    async with a as b, c: pass
    return [x async for x in y if (z := x)]
class A(B, metaclass=C):
    """A third."""
    x: int = 0
    y: t.Any
@decorated
def g(): """Only this."""
match x:
    case {"a": [1, *rest], **more} | A(b=2) if rest: pass
    case None: raise
try: f"{x!r:>{width}} {y=} {'nested'}" "joined", rb"\\x00", .5 if not u"kind" else ...
except* OSError as error: del error
lambda *a, b=1: (yield)
x[1:2, ::3] = {**a, "b": {1, 2.0, 3j, -4, True, b"5"}}
with (open(a) as b, open(c) as d): assert b, "message"
global_ = lambda: 10_000_000_000 * 0x10 ** -1
'''

SCRIPT = '''"""Add a nickname."""

import sqlalchemy as sa
from alembic import op

revision = "0002"


def upgrade() -> None:
    """Ask nobody."""
    # Nullable, so that running code does not notice.
    op.add_column("player", sa.Column("nick", sa.String(40), nullable=True))
'''


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_formatting_and_comments_change_nothing(path: Path) -> None:
    """A script that a formatter has been through, or that lost its comments, is the same revision."""
    source = path.read_text()
    assert digest(ast.unparse(ast.parse(source))) == digest(source)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('"""Add a nickname."""\n', ""),
        ("Ask nobody", "Ask somebody"),
        ('    """Ask nobody."""\n', ""),
        ("    # Nullable, so that running code does not notice.\n", ""),
        ('"nick"', "'nick'"),
        ("(40)", "(\n        0x28,\n    )"),
    ],
)
def test_what_the_interpreter_does_not_see_changes_nothing(was: str, becomes: str) -> None:
    """Docstrings, comments, quotes and the spelling of a number are no edit of an applied revision."""
    assert was in SCRIPT
    assert digest(SCRIPT.replace(was, becomes)) == digest(SCRIPT)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('"nick"', '"nickname"'),
        ("(40)", "(41)"),
        ("(40)", "(40.0)"),
        ("(40)", "('40')"),
        ("nullable=True", "nullable=1"),
        ("nullable=True", "nullable=False"),
        (", nullable=True", ""),
        ("add_column", "drop_column"),
        ("sa.String", "sa.Text"),
        ('"0002"', '"0003"'),
        ("-> None", "-> int"),
        ("import op", "import op as o"),
        ("def upgrade", "async def upgrade"),
    ],
)
def test_what_the_interpreter_sees_changes_it(was: str, becomes: str) -> None:
    """Each change of what is run is an edit."""
    assert was in SCRIPT
    assert digest(SCRIPT.replace(was, becomes)) != digest(SCRIPT)


LITERALS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()


@given(LITERALS, LITERALS)
def test_two_literals_are_never_taken_for_one(one: object, other: object) -> None:
    """Whatever value stands in a script, another value or another type in its place is seen."""
    assume(repr(one) != repr(other))
    assert digest(f"x = [{one!r}]") != digest(f"x = [{other!r}]")


@given(st.lists(LITERALS, max_size=4), st.lists(LITERALS, max_size=4), st.integers(0, 3))
def test_where_a_list_ends_is_seen(one: list[object], other: list[object], moved: int) -> None:
    """The same values, parted elsewhere, are another script."""
    assume(other[:moved])
    parted = f"x = {one!r}, {other!r}"
    assert digest(parted) != digest(f"x = {one + other[:moved]!r}, {other[moved:]!r}")


def test_the_committed_lockfile_holds_these_digests() -> None:
    """What an image will compare is what this code computes."""
    locked = {entry.file: entry.revision.digest for entry in read_entries()}
    assert locked == {path.name: digest(path.read_text()) for path in VERSIONS}


@pytest.mark.parametrize(
    "line",
    [
        "import db.operations",
        "import db.operations as online",
        "from db import operations",
        "from db.operations import create_index as build",
        "    import db.operations",
    ],
)
def test_an_import_is_seen_however_it_is_written(line: str) -> None:
    """What decides whether a step is announced does not depend on an author's way to import."""
    source = f"def upgrade():\n{line}" if line.startswith(" ") else line
    assert "db.operations" in mentions(source)


def test_a_block_of_its_own_is_seen() -> None:
    """Who leaves the transaction, by Alembic's way or by an old one, names it."""
    assert "autocommit_block" in mentions("with op.get_context().autocommit_block():\n    pass")
    assert "COMMIT" in mentions('op.execute("commit;")')
    assert mentions(SCRIPT).isdisjoint({"autocommit_block", "COMMIT"})


def python_of(version: str) -> str | None:
    """A Python of that version which runs: on PATH, or one that pyenv or uv installed."""
    name = f"python{version}"
    installed = (path for pattern in INSTALLED for path in Path.home().glob(f"{pattern}/{name}"))
    for python in filter(None, (shutil.which(name), *map(str, installed))):
        # pyenv puts a name on PATH for a version that it then declines to run.
        if subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0:
            return python
    return None


@pytest.mark.parametrize("version", PYTHONS)
def test_every_python_computes_the_same(version: str) -> None:
    """A new base image does not make applied revisions look edited."""
    python = python_of(version)
    if python is None:
        pytest.skip(f"found no Python {version}; `uv python install {version}` brings one")
    sources = [DIFFICULT, SCRIPT, *(path.read_text() for path in VERSIONS)]
    program = (
        "import json, sys; from db.runner.digest import digest;"
        " print(json.dumps([list(map(digest, json.load(sys.stdin))), sys.version_info[:2]]))"
    )
    asked = subprocess.run(
        [python, "-B", "-c", program],
        input=json.dumps(sources),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    digests, found = json.loads(asked.stdout)
    assert ".".join(map(str, found)) == version
    assert digests == [digest(source) for source in sources]
