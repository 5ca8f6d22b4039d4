"""Every SQL statement that the API can send, by its name: what a proof executes against each schema."""

from collections.abc import Mapping
from types import ModuleType

from service.availability import queries as availability
from service.matches import queries as matches
from service.players import queries as players
from service.ratings import queries as ratings
from service.sessions import queries as sessions
from service.statement import Statement
from service.statistics import queries as statistics
from service.teams import queries as teams
from service.users import queries as users

MODULES = (players, sessions, availability, teams, matches, ratings, statistics, users)


def catalogue(modules: tuple[ModuleType, ...] = MODULES) -> Mapping[str, Statement]:
    """The statements that these modules hold."""
    statements = [
        value for module in modules for value in vars(module).values() if isinstance(value, Statement)
    ]
    return {statement.name: statement for statement in statements}
