"""How the Python code is written: short, told in a sentence, and tied to the world at few places."""

import ast
import re

from tests.repository.tree import ROOT, functions, modules

ENTRIES = {"__main__.py", "asgi.py", "gunicorn_conf.py"}
ENTRY_OF_ALEMBIC = "db/migrations/env.py"
FOLDERS = ("db", "service", "tests", "bench")
ESCAPE = re.compile(r"# (noqa|type: ignore)\b")
REASONED = re.compile(r"# (noqa: [A-Z0-9, ]+|type: ignore\[[a-z, -]+\]) +[-#] \w")
VAGUE = {"base.py", "common.py", "helper.py", "helpers.py", "manager.py", "misc.py", "util.py", "utils.py"}


def test_every_module_opens_with_one_sentence() -> None:
    """A reader learns from a module's first line what it is for."""
    untold = []
    for path, module in modules(*FOLDERS).items():
        first = (ast.get_docstring(module) or "").partition("\n")[0]
        if not first.endswith("."):
            untold.append(path)
    assert untold == []


def test_every_test_says_its_promise() -> None:
    """A test that fails says in a sentence what is no longer true."""
    silent = [
        f"{path}: {function.name}"
        for path, module in modules("tests").items()
        for function in functions(module)
        if function.name.startswith("test_")
        and not (ast.get_docstring(function) or "").rstrip().endswith(".")
    ]
    assert silent == []


def test_no_function_is_longer_than_a_screen() -> None:
    """A function has 40 lines at most."""
    long = [
        f"{path}:{function.lineno} {function.name}"
        for path, module in modules("db", "service").items()
        for function in functions(module)
        if function.end_lineno and function.end_lineno - function.lineno >= 40
    ]
    assert long == []


def test_no_file_answers_two_questions() -> None:
    """A Python file has 300 lines at most, and is worth a hard look from 200 on."""
    lengths = {path: (ROOT / path).read_text().count("\n") for path in modules("db", "service")}
    worth_a_look = {path: length for path, length in lengths.items() if length > 200}
    if worth_a_look:
        print("Worth a hard look:", worth_a_look)
    assert [path for path, length in worth_a_look.items() if length > 300] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    """A module's name tells which question it answers."""
    assert [path for path in modules(*FOLDERS) if path.rpartition("/")[2] in VAGUE] == []


def test_the_environment_is_read_at_the_entries_only() -> None:
    """Settings come from an explicit mapping; only a program's entry knows that it is the environment."""
    readers = {
        path
        for path, module in modules("db", "service").items()
        for node in ast.walk(module)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
        if isinstance(node.value, ast.Name) and node.value.id == "os"
    }
    assert {path for path in readers if path.rpartition("/")[2] not in ENTRIES} <= {ENTRY_OF_ALEMBIC}


def test_an_escape_from_a_linter_says_why() -> None:
    """Each noqa and each type-ignore in the product stands with its rule and its reason."""
    bare = [
        f"{path}:{number}"
        for path in modules("db", "service")
        for number, line in enumerate((ROOT / path).read_text().splitlines(), start=1)
        if ESCAPE.search(line) and not REASONED.search(line)
    ]
    assert bare == []
