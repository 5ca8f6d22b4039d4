"""The ladder: a database at each revision of a history, made by undisturbed Jobs, to start from and to compare with."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from psycopg2 import sql

from db.contract.refusal import ExitCode
from db.contract.url import DatabaseUrl
from tests.job.database import Database
from tests.job.image import Image
from tests.kills.chain import BASE, Chain
from tests.kills.left import Left, left
from tests.kills.step import Run, Step, asked_for
from tests.server.roles import session


class Taken(NamedTuple):
    """A step that nobody disturbed."""

    before: Left
    after: Left
    statements: int
    accepted: str | None  # the digest of what is lost by it


Rung = tuple[str, str]  # a chain and a revision


@dataclass
class Ladder:
    """Databases on one server; each is a copy of the one below it, taken a step further."""

    server: DatabaseUrl
    owner: DatabaseUrl
    app_role: str
    folder: Path
    _databases: dict[Rung, str] = field(default_factory=dict)
    _images: dict[Rung, Image] = field(default_factory=dict)
    _taken: dict[Step, Taken] = field(default_factory=dict)

    def taken(self, step: Step) -> Taken:
        """What the step comes to when nobody disturbs it."""
        if step.up:
            self._database(step.chain, step.revision)
        elif step not in self._taken:
            with self.before(step) as url:
                ended = self.run(step, url).once()
            # Where nothing is lost it is taken back by now; where something is, nothing was done.
            accepted = asked_for(ended) if ended.code == ExitCode.OTHER_PLAN else None
            with self.before(step) as url:
                self._taken[step] = self._take(step, url, accepted)
        return self._taken[step]

    @contextmanager
    def before(self, step: Step) -> Iterator[DatabaseUrl]:
        """A database of its own, in which `step` is the next one."""
        name = self._copy(self._database(step.chain, step.starts_at))
        try:
            yield self.owner.replace(database=name)
        finally:
            self._drop(name)

    def run(self, step: Step, url: DatabaseUrl) -> Run:
        """The Jobs of `step` on the database at `url`."""
        rung = step.chain.name, step.revision
        if rung not in self._images:
            self._images[rung] = step.chain.image(self.folder / "-".join(rung), step.revision)
        return Run(step, self._images[rung], url, self.folder, self.app_role)

    def drop(self) -> None:
        """Drop every database."""
        for name in self._databases.values():
            self._drop(name)

    def _database(self, chain: Chain, revision: str) -> str:
        rung = chain.name, revision
        if rung not in self._databases:
            step = Step(chain, revision, up=True)
            below = "template0" if revision == BASE else self._database(chain, step.below)
            self._databases[rung] = self._copy(below)
            if revision != BASE:
                url = self.owner.replace(database=self._databases[rung])
                self._taken[step] = self._take(step, url, None)
                Database(url).execute(*chain.rows.get(revision, ()))
        return self._databases[rung]

    def _take(self, step: Step, url: DatabaseUrl, accepted: str | None) -> Taken:
        before = left(url)
        ended, statements = self.run(step, url).counted(accepted)
        assert ended.code == ExitCode.DONE, f"{step}: {ended.text}"
        return Taken(before, left(url), statements, accepted)

    def _copy(self, template: str) -> str:
        name = f"calcio_{secrets.token_hex(6)}"
        names = map(sql.Identifier, (name, self.owner.user or "", template))
        with session(self.server) as cursor:
            cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(*names))
        return name

    def _drop(self, name: str) -> None:
        with session(self.server) as cursor:
            cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
