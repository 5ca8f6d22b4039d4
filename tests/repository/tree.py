"""What lies in the repository: its files, without what .gitignore names."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# In a working tree beside another one, .git is a file.
IGNORED = [".git", ".git/", *(ROOT / ".gitignore").read_text().split()]


def files(folder: Path = ROOT) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        name = f"{path.name}/" if path.is_dir() else path.name
        if any(fnmatch(name, pattern) for pattern in IGNORED):
            continue
        if path.is_dir():
            yield from files(path)
        else:
            yield path


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def texts() -> dict[str, str]:
    """Every file that is text, by its path."""
    found = {}
    for path in files():
        content = path.read_bytes()
        if b"\0" not in content:
            found[named(path)] = content.decode()
    return found


def modules(*folders: str) -> dict[str, ast.Module]:
    """Every Python module under the folders, parsed, by its path."""
    found = (path for folder in folders if (ROOT / folder).is_dir() for path in files(ROOT / folder))
    return {named(path): ast.parse(path.read_text()) for path in found if path.suffix == ".py"}


def functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imports(module: ast.Module) -> set[str]:
    """The dotted names a module imports, wherever in it."""
    found = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module or ''}.{alias.name}" for alias in node.names}
    return found
