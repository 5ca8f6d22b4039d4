"""The digest of a revision's script: of its syntax tree, so that neither comments nor a new Python change it.

`ast.dump` differs between Python versions. This walk leaves out what does: positions, empty fields, type
parameters, the kind of a string; and docstrings, which change nothing. Tested on Python 3.11 to 3.14.
"""

import ast
import hashlib
from collections.abc import Callable
from functools import cache, lru_cache

_WITHOUT = {"type_params", "type_comment", "kind", "ctx"}


def digest(source: str) -> str:
    """Sixteen hexadecimal digits for the script `source`; raises SyntaxError where it is no Python."""
    said, _ = _read(source)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


def mentions(source: str) -> frozenset[str]:
    """What the script `source` names: methods, modules that it may import, and COMMIT where it executes that."""
    _, nodes = _read(source)
    found = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= {"COMMIT"} & {node.value.strip(" ;\n").upper()}
    return frozenset(found)


@lru_cache(maxsize=1)  # both of the above are asked of one script after the other
def _read(source: str) -> tuple[list[str], list[ast.AST]]:
    """What the walk says, and the nodes that it met."""
    said: list[str] = []
    met: list[ast.AST] = []
    _walk(ast.parse(source), said.append, met.append)
    return said, met


def _walk(node: ast.AST, say: Callable[[str], None], meet: Callable[[ast.AST], None]) -> None:
    meet(node)
    say(f"({type(node).__name__}")
    for name in _in_order(node._fields):
        value = getattr(node, name, None)
        if value is None or value == []:
            continue
        say(name)
        counts = _what_counts(node, name, value)
        for item in counts if isinstance(counts, list) else [counts]:
            if isinstance(item, ast.AST):
                _walk(item, say, meet)
            else:
                say(f"{type(item).__name__} {item!r}")
    say(")")


@cache
def _in_order(fields: tuple[str, ...]) -> list[str]:
    return sorted(set(fields) - _WITHOUT)


def _what_counts(node: ast.AST, name: str, value: object) -> object:
    if isinstance(node, ast.JoinedStr):
        # Python 3.12.1 ends a nested format with an empty part, 3.11 and 3.13 do not.
        return [part for part in node.values if not (isinstance(part, ast.Constant) and part.value == "")]
    return _without_docstring(node, value) if name == "body" else value


def _without_docstring(node: ast.AST, body: object) -> object:
    if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    return body
