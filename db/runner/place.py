"""Says of an error in somebody's program what kind it is and where it arose; its text might hold anything."""

import os
import traceback
from pathlib import Path


def described(error: BaseException) -> str:
    """ "KeyError at settings.py, line 12 (by way of env.py, line 3)"."""
    what = type(error).__name__
    if isinstance(error, ImportError) and error.name:
        what += f" of {error.name}"
    if isinstance(error, SyntaxError):
        return f"{what} at {Path(error.filename or '').name}, line {error.lineno}"
    places = [
        f"{Path(frame.filename).name}, line {frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if not _is_pythons(frame.filename)
    ]
    if not places:
        return what
    way = next((place for place in places[:-1] if place.startswith("env.py")), None)
    return f"{what} at {places[-1]}" + (f" (by way of {way})" if way else "")


def _is_pythons(filename: str) -> bool:
    return filename.startswith("<") or Path(filename).parent == Path(os.__file__).parent
