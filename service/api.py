"""The API's routes: every resource, under /api/v1."""

from starlette.routing import BaseRoute, Mount

from service.availability import endpoints as availability
from service.matches import endpoints as matches
from service.players import endpoints as players
from service.ratings import endpoints as ratings
from service.sessions import endpoints as sessions
from service.statistics import endpoints as statistics
from service.teams import endpoints as teams
from service.users import endpoints as users

PREFIX = "/api/v1"
NOUNS = (players, sessions, availability, teams, matches, ratings, statistics, users)

routes: list[BaseRoute] = [Mount(PREFIX, routes=[route for noun in NOUNS for route in noun.routes])]
