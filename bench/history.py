"""A history of a few statements in a folder, which the Job and plain Alembic both apply to a fresh database."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.many_revisions import ALEMBIC, initialise
from db.contract.url import DatabaseUrl
from scripts.tour.place import OWNER, Place
from tests.server.roles import fresh_database

REVISION = """
from alembic import op

revision = "{number:04}"
down_revision = {parent!r}
phase = "expand"


def upgrade() -> None:
    for statement in {statements!r}:
        op.execute(statement)
"""


class History:
    """Revisions 0001 …, one for each list of statements."""

    def __init__(self, folder: Path, *revisions: Sequence[str]) -> None:
        self._folder = folder
        folder.mkdir()
        self._migrations = initialise(folder)
        for number, statements in enumerate(revisions, start=1):
            parent = f"{number - 1:04}" if number > 1 else None
            text = REVISION.format(number=number, parent=parent, statements=statements)
            (self._migrations / "versions" / f"{number:04}.py").write_text(text)

    @property
    def job(self) -> list[str]:
        return [sys.executable, "-m", "db", "--migrations", str(self._migrations), "upgrade"]

    def alembic(self, target: str = "head") -> list[str]:
        return [ALEMBIC, "-c", str(self._folder / "alembic.ini"), "upgrade", target]

    @contextmanager
    def database(self, place: Place) -> Iterator[tuple[DatabaseUrl, Mapping[str, str]]]:
        """A fresh database, and the environment that names it."""
        with fresh_database(place.server.url, OWNER) as name:
            text = place.owner_url_file.read_text()
            text = text[: text.rindex("/") + 1] + name
            (self._folder / "url").write_text(text)
            yield DatabaseUrl.parse(text), {"DATABASE_URL_FILE": str(self._folder / "url")}
