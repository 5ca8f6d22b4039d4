"""A step of a history, the Job that takes it, and that Job dying on the way."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from db.contract.refusal import ExitCode
from db.contract.url import DatabaseUrl
from tests.job.image import Image
from tests.job.process import Ended, Job, Running
from tests.kills.chain import OPERATIONS, OWN_HISTORY, Chain
from tests.kills.way import Boundary, way

FINISH = ("finish", "--soak", "0", "--wait", "60")


@dataclass(frozen=True)
class Step:
    """A revision that is applied, or taken back."""

    chain: Chain
    revision: str
    up: bool

    @property
    def below(self) -> str:
        return self.chain.below(self.revision)

    @property
    def starts_at(self) -> str:
        return self.below if self.up else self.revision

    def command(self, accepted: str | None) -> tuple[str, ...]:
        """What takes it, with the digest of what is lost by it."""
        if self.up:
            return FINISH if self.revision in self.chain.trailing else ("upgrade",)
        return ("downgrade", self.below, *(("--accept-loss", accepted) if accepted else ()))

    def __str__(self) -> str:
        return f"{self.chain.name} {self.revision} {'up' if self.up else 'down'}"

    def __hash__(self) -> int:
        return hash(str(self))


STEPS = [
    Step(chain, revision, up)
    for chain in (OWN_HISTORY, OPERATIONS)
    for up in (True, False)
    for revision in chain.revisions
]


class Run:
    """The Jobs of one step on one database."""

    def __init__(self, step: Step, image: Image, url: DatabaseUrl, folder: Path, app_role: str) -> None:
        self._step = step
        self._image = image
        self._url = url
        self._app_role = app_role
        folder = folder / secrets.token_hex(6)
        folder.mkdir()
        self._job = Job(url, folder)

    def once(self, accepted: str | None = None) -> Ended:
        """Take the step."""
        return self._start(accepted).end()

    def whatever_is_lost(self) -> Ended:
        """Take the step, and accept what that asks for."""
        ended = self.once()
        return self.once(asked_for(ended)) if ended.code == ExitCode.OTHER_PLAN else ended

    def counted(self, accepted: str | None) -> tuple[Ended, int]:
        """Take the step; answers how many statements that took, too."""
        with way(self._url) as (between, environ):
            return self._start(accepted, environ).end(), between.statements

    def killed(self, accepted: str | None, boundary: Boundary) -> int:
        """Take the step until the boundary; answers how the process ended."""
        with way(self._url, boundary) as (between, environ):
            running = self._start(accepted, environ)
            between.victim.put(running.process)
            return running.end().code

    def _start(self, accepted: str | None, environ: Mapping[str, str] | None = None) -> Running:
        command = self._step.command(accepted)
        return self._job.start(*command, image=self._image, environ=environ, app_role=self._app_role)


def asked_for(ended: Ended) -> str:
    """The digest that a person would have to accept."""
    return str(ended.outcome["hint"]).split()[-1]
