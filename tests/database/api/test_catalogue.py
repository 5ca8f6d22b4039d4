"""The catalogue holds every statement, and each is what its code takes it for."""

import asyncio
import re
from importlib import import_module

import asyncpg
import msgspec
import pytest

from db.contract.url import DatabaseUrl
from service.catalogue import catalogue
from service.statement import Query, Statement
from tests.repository.tree import ROOT, modules

STATEMENTS = catalogue()


def test_every_module_of_queries_is_in_the_catalogue() -> None:
    """No folder's SQL is forgotten, and no name is given twice."""
    paths = [path for path in modules("service") if path.endswith("/queries.py")]
    written = [
        value
        for path in paths
        for value in vars(import_module(path.removesuffix(".py").replace("/", "."))).values()
        if isinstance(value, Statement)
    ]
    assert {statement.name for statement in written} == set(STATEMENTS)
    assert len({statement.name for statement in written}) == len({id(statement) for statement in written})


def test_a_resource_has_its_sql_in_its_queries_only() -> None:
    """An endpoint that sends its own SQL would pass by the catalogue."""
    folders = {path.removesuffix("queries.py") for path in modules("service") if path.endswith("/queries.py")}
    elsewhere = [
        path
        for path in modules("service")
        if path.rpartition("/")[0] + "/" in folders and not path.endswith("/queries.py")
        if re.search(r"SELECT |INSERT INTO|UPDATE |DELETE FROM", (ROOT / path).read_text())
    ]
    assert elsewhere == []


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_a_statement_names_its_columns(statement: Statement) -> None:
    """A column that is added breaks no reader, since nobody asks for all of them."""
    assert not re.search(r"(SELECT|RETURNING|,|\.)\s*\*", statement.sql)


def test_each_statement_gives_what_its_rows_are_made_of(api_url: DatabaseUrl) -> None:
    """The columns are the fields of the row's type, in order; and the service's role may send each statement."""

    async def describe() -> dict[str, list[str]]:
        connection = await asyncpg.connect(**api_url.for_asyncpg())
        try:
            return {
                name: [column.name for column in (await connection.prepare(statement.sql)).get_attributes()]
                for name, statement in STATEMENTS.items()
            }
        finally:
            await connection.close()

    described = asyncio.run(describe())
    queries = {name: statement for name, statement in STATEMENTS.items() if isinstance(statement, Query)}
    assert {name: described[name] for name in queries} == {
        name: [field.name for field in msgspec.structs.fields(statement.gives)]
        for name, statement in queries.items()
    }
