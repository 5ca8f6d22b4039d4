"""Asks one question of a database through each of the drivers that a URL is rendered for."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from typing import Any

import asyncpg
import psycopg2
import sqlalchemy as sa

from db.contract.url import DatabaseUrl

Answer = dict[str, Any]


def through_psycopg2(url: DatabaseUrl, question: str) -> Answer:
    with closing(psycopg2.connect(**url.for_psycopg2())) as connection, connection.cursor() as cursor:
        cursor.execute(question)
        assert cursor.description
        return dict(zip([column.name for column in cursor.description], cursor.fetchone() or (), strict=True))


def through_sqlalchemy(url: DatabaseUrl, question: str) -> Answer:
    parts, connect_args = url.for_sqlalchemy()
    engine = sa.create_engine(sa.URL.create(**parts), connect_args=connect_args, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return dict(connection.execute(sa.text(question)).mappings().one())


def through_asyncpg(url: DatabaseUrl, question: str) -> Answer:
    async def ask() -> Answer:
        connection = await asyncpg.connect(**url.for_asyncpg())
        try:
            return dict(await connection.fetchrow(question))
        finally:
            await connection.close()

    return asyncio.run(ask())


DRIVERS: list[Callable[[DatabaseUrl, str], Answer]] = [through_psycopg2, through_sqlalchemy, through_asyncpg]
