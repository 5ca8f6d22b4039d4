"""Runs in a container, from its standard input: answers one question about the image, as a list in JSON."""

import importlib
import json
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

OURS = (Path("/app"), Path("/opt/venv"))
# They read the environment as soon as they are loaded.
ENTRIES = {"service.asgi", "service.gunicorn_conf"}
UNCHECKED_HASH = (1).to_bytes(4, "little")


def present(*names: str) -> list[str]:
    """Those of the modules that could be imported."""

    def found(name: str) -> bool:
        try:
            return find_spec(name) is not None
        except ModuleNotFoundError:
            return False

    return [name for name in names if found(name)]


def programs(*names: str) -> list[str]:
    """Those of the programs that could be started."""
    return [name for name in names if shutil.which(name)]


def sources() -> list[str]:
    """The files under /app that are not bytecode."""
    files = [path for path in Path("/app").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return sorted(str(path.relative_to("/app")) for path in files)


def inaccessible() -> list[str]:
    """What a user without a name or a group could not read, or could change."""
    paths = [path for top in OURS for path in (top, *top.rglob("*")) if not path.is_symlink()]

    def wrong(path: Path) -> bool:
        mode, needed = path.stat().st_mode, 0o005 if path.is_dir() else 0o004
        return mode & needed != needed or mode & 0o022 != 0

    return [str(path) for path in paths if wrong(path)]


def unloadable(top: str) -> list[str]:
    """The modules under a folder that lack what they import."""
    names = [path.relative_to(top).with_suffix("") for path in Path(top).rglob("*.py")]
    failed = []
    found = {".".join(path.parts).removesuffix(".__init__") for path in names}
    for name in sorted(found - ENTRIES):
        try:
            importlib.import_module(name)
        except ImportError as error:
            failed.append(f"{name}: {error}")
    return failed


def uncompiled(*names: str) -> list[str]:
    """What is compiled anew each time these modules are imported."""
    for name in names:
        importlib.import_module(name)
    cached = [module.__spec__.cached for module in sys.modules.values() if module.__spec__]
    return [path for path in cached if path and not Path(path).exists()]


def bound_to_a_time() -> list[str]:
    """The bytecode that Python would compare with its source."""
    compiled = [path for top in OURS for path in top.rglob("*.pyc")]
    return [str(path) for path in compiled if path.read_bytes()[4:8] != UNCHECKED_HASH]


if __name__ == "__main__":
    question, *about = sys.argv[1:]
    print(json.dumps(globals()[question](*about)))
