"""A request as handlers get it: Starlette's, with what this service left for them at hand."""

from starlette.requests import Request as StarletteRequest

from service.answers import Answer
from service.auth import Auth, Principal
from service.gathering import Gathering
from service.sharing import Sharing
from service.statement import Pool


class Request(StarletteRequest):
    """`principal` is whom it speaks for, once it was let in."""

    principal: Principal

    @property
    def pool(self) -> Pool:
        pool: Pool = self.scope["state"]["pool"]
        return pool

    @property
    def sharing(self) -> Sharing[None, Answer]:
        sharing: Sharing[None, Answer] = self.scope["state"]["sharing"]
        return sharing

    @property
    def gathering(self) -> Gathering:
        gathering: Gathering = self.scope["state"]["gathering"]
        return gathering

    @property
    def auth(self) -> Auth:
        auth: Auth = self.scope["state"]["auth"]
        return auth

    def header(self, name: bytes) -> str | None:
        """The first header of that name, which is given in small letters."""
        for found, value in self.scope["headers"]:
            if found == name:
                return str(value, "latin-1")
        return None
