"""Which resource a request is for: found by its noun, among a few paths instead of all."""

from collections import defaultdict
from collections.abc import Awaitable, Iterable
from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from service.resource import Resource

PREFIX = "/api/v1"
_BELOW = f"{PREFIX}/"


# Asked for by the route and by the metrics; most paths come again.
@lru_cache
def noun_of(path: str) -> str:
    """What follows the prefix, up to the next slash; nothing where the path has another beginning."""
    return path[len(_BELOW) :].partition("/")[0] if path.startswith(_BELOW) else ""


class Routing:
    """Hands a request to its resource; `rest` answers every other one, also with 404 and 405."""

    def __init__(self, resources: Iterable[Resource], rest: ASGIApp) -> None:
        # No parameter of a path takes a slash: how many there are tells a thing from a list of them.
        self._by_shape: dict[tuple[str, int], list[Resource]] = defaultdict(list)
        for resource in resources:
            self._by_shape[shape_of(resource.path)].append(resource)
        self._rest = rest

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        # A lifespan has no path.
        path = scope.get("path", "")
        for resource in self._by_shape.get(shape_of(path), ()):
            parameters = resource.parameters(path)
            if parameters is not None and scope["method"] in resource.methods:
                scope["path_params"] = parameters
                return resource.app(scope, receive, send)
        return self._rest(scope, receive, send)


def shape_of(path: str) -> tuple[str, int]:
    """The noun of a path, and how deep it goes."""
    return noun_of(path), path.count("/")
