"""Which resource a request is for: found by its noun, among a few paths instead of all."""

from collections import defaultdict
from collections.abc import Iterable

from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from service.resource import Resource

PREFIX = "/api/v1"


def noun_of(path: str) -> str:
    """What follows the prefix, up to the next slash; nothing where the path has another beginning."""
    return path[len(PREFIX) + 1 :].partition("/")[0] if path.startswith(f"{PREFIX}/") else ""


class Routing:
    """Hands a request to its resource; `rest` answers every other one, also with 404 and 405."""

    def __init__(self, resources: Iterable[Resource], rest: ASGIApp) -> None:
        self._by_noun: dict[str, list[Resource]] = defaultdict(list)
        for resource in resources:
            self._by_noun[noun_of(resource.path)].append(resource)
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A lifespan has no path.
        for resource in self._by_noun.get(noun_of(scope.get("path", "")), ()):
            match, found = resource.matches(scope)
            if match is Match.FULL:
                scope.update(found)
                await resource.app(scope, receive, send)
                return
        await self._rest(scope, receive, send)
