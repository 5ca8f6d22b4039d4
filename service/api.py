"""The API's routes: every resource under /api/v1, and their description."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Lifespan

from service.answers import Answer
from service.availability import endpoints as availability
from service.docs_page import answer_docs
from service.handlers import HANDLERS
from service.matches import endpoints as matches
from service.openapi import describe
from service.players import endpoints as players
from service.ratings import endpoints as ratings
from service.routing import PREFIX, Routing
from service.sessions import endpoints as sessions
from service.statistics import endpoints as statistics
from service.teams import endpoints as teams
from service.users import endpoints as users

NOUNS = (players, sessions, availability, teams, matches, ratings, statistics, users)

resources = [resource.under(PREFIX) for noun in NOUNS for resource in noun.routes]


async def read_description(_request: Request) -> Answer:
    return Answer.of(describe(resources))


async def read_docs(_request: Request) -> Response:
    return answer_docs(describe(resources))


def make_api(lifespan: Lifespan[Starlette]) -> Routing:
    """The resources; Starlette has the lifespan, their description, and what is asked in vain."""
    pages = [Route("/openapi.json", read_description), Route("/docs", read_docs)]
    rest = Starlette(routes=[*resources, *pages], lifespan=lifespan, exception_handlers=HANDLERS)
    # They would send a client, with its token, to whatever host its request named, and without TLS.
    rest.router.redirect_slashes = False
    return Routing(resources, rest)
