"""Says why a connection was refused, in words of its own: the driver's text may hold anything."""

import re

import psycopg2

from db.contract.refusal import ExitCode, Refusal
from db.contract.url import DatabaseUrl
from db.runner.pooling import REMEDY as PAST_THE_POOLER

# psycopg2 has no SQLSTATE for a connection that was refused, so the text is all there is. What matches nothing
# here (another language, say) counts as unreachable: it is tried again, and ends with 69 at the deadline.
_REFUSED = (
    (r"unsupported startup parameter", ExitCode.POOLER,
     "a connection pooler stands before PostgreSQL, and refuses what a run has to set",
     f"{PAST_THE_POOLER}; one that lends sessions will do where its ignore_startup_parameters names options"),
    (r"password authentication failed|no password supplied|authentication failed", ExitCode.PERMISSION,
     "PostgreSQL did not accept the user name and password",
     "Compare the Secret with the role; in a URL a blank is %20, never +"),
    (r"no pg_hba\.conf entry|role \".*\" (does not exist|is not permitted)", ExitCode.PERMISSION,
     "PostgreSQL does not let this user in", "Compare pg_hba.conf and the role's LOGIN with the URL's user"),
    (r"database \".*\" does not exist", ExitCode.CONFIGURATION,
     "the server has no database of that name", "Create it, or correct the URL's path"),
    (r"server does not support SSL|certificate|SSL error", ExitCode.CONFIGURATION,
     "the TLS handshake failed", "Compare sslmode and sslrootcert in the URL with the server's certificate"),
    (r"too many (clients|connections)|remaining connection slots", ExitCode.TEMPORARY,
     "PostgreSQL has no connection slot left", "Free some, or raise max_connections"),
)  # fmt: skip


def why(error: psycopg2.OperationalError, url: DatabaseUrl) -> Refusal:
    """What to tell a person about `error`, and the code to end with."""
    text = str(error)
    for pattern, code, message, remedy in _REFUSED:
        if re.search(pattern, text, re.IGNORECASE):
            return Refusal(code, f"{message} ({url.address})", remedy)
    return Refusal(
        ExitCode.UNREACHABLE,
        f"PostgreSQL did not answer at {url.address}",
        "Is it running, and does its name resolve from here? CALCIO_CONNECT_DEADLINE_S says how long to try",
    )
