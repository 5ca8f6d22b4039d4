"""psycopg2's connection and cursor, under names that read as the classes they are."""

from psycopg2.extensions import connection as Connection  # noqa: N812 - psycopg2's own spelling
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - psycopg2's own spelling

__all__ = ["Connection", "Cursor"]
