"""Makes a folder that goes with whoever made it, however that process ends."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REMOVE_WITHIN_S = 30
# As in processes.py: standard input closes in any case.
KEEPER = """
trap : HUP INT TERM
read -r _
rm -rf "$1"
"""


@contextmanager
def passing_folder() -> Iterator[Path]:
    """A private folder, there while the block runs."""
    folder = Path(tempfile.mkdtemp(prefix="calcio-"))
    keeper = subprocess.Popen(  # noqa: S603 - the arguments are this folder's own
        ["/bin/sh", "-c", KEEPER, "keeper", folder],
        stdin=subprocess.PIPE,
        cwd="/",
        start_new_session=True,  # a Ctrl-C is for the tour
    )
    try:
        yield folder
    finally:
        keeper.communicate(timeout=REMOVE_WITHIN_S)
