"""psycopg2's connection and cursor, under names that read as the classes they are."""

from psycopg2.extensions import connection
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - psycopg2's own spelling

__all__ = ["Connection", "Cursor"]


class Connection(connection):
    """A session of the server, lent by a pooler or not."""

    backend = 0  # the process that answers; 0 until it was asked, since a pooler's handshake names another
    is_lent = False  # by a pooler, for as long as it is open
    clean = "RESET ALL; RESET ROLE"  # returns the session, in autocommit, to the settings that it began with

    def clean_for(self, lock_timeout_ms: int) -> str:
        """The statements that return the session to these settings, for a step that queues so long for a lock."""
        return f"{self.clean}; SET lock_timeout = '{lock_timeout_ms}ms'"
