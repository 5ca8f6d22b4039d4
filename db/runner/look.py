"""Takes the contract's Snapshot through psycopg2."""

import psycopg2

from db.contract.ledger import Snapshot
from db.contract.names import History
from db.contract.snapshot import parse, statements
from db.runner.wire import Connection


def look(connection: Connection, history: History) -> Snapshot:
    """What the database says of itself, from one statement; `connection` is in autocommit."""
    for sql, try_next_on in statements(history):
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                names = [column.name for column in cursor.description or ()]
                row = cursor.fetchone()
        except psycopg2.ProgrammingError as error:
            if error.pgcode not in try_next_on:
                raise
        else:
            if (snapshot := parse(dict(zip(names, row, strict=True)) if row else None)) is not None:
                return snapshot
    raise AssertionError("the last statement answers, or fails for good")
