"""Reads and writes files by `os` alone: the import of pathlib takes a tenth of a run that has nothing to do."""

import os

FilePath = str | os.PathLike[str]


def inside(folder: FilePath, *names: str) -> str:
    """The path of what has these names inside of each other, in `folder`."""
    return os.path.join(folder, *names)


def above(path: FilePath) -> str:
    """The folder that `path` lies in."""
    return os.path.dirname(path)


def name(path: FilePath) -> str:
    """The last part of `path`."""
    return os.path.basename(path)


def names(folder: FilePath, suffix: str) -> set[str]:
    """What is in `folder`, where there is one, and ends with `suffix`."""
    return {name for name in os.listdir(folder) if name.endswith(suffix)} if os.path.isdir(folder) else set()


def is_there(path: FilePath) -> bool:
    """Whether there is anything at `path`."""
    return os.path.exists(path)


def content(path: FilePath) -> bytes:
    """All that is in the file; raises OSError."""
    with open(path, "rb") as file:
        return file.read()


def text(path: FilePath) -> str:
    """All that is in the file, which is UTF-8, with \\n for every kind of line's end; raises OSError, UnicodeError."""
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path: FilePath, content: bytes) -> None:
    """Make `content` all that is in the file; raises OSError."""
    with open(path, "wb") as file:
        file.write(content)
