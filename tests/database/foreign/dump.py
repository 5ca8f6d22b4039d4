"""A database's schema as pg_dump writes it, without what this project adds beside another one's tables."""

import os
import re
import subprocess

import pytest

from db.contract.url import DatabaseUrl
from tests.server.programs import find_programs
from tests.server.roles import version_of

COMMAND = ("--schema-only", "--no-owner", "--no-privileges", "--exclude-table=ledger_*")
# A session's settings, a random key of pg_dump's own, and comments: none of it is the schema.
NOISE = re.compile(r"^(SET |SELECT pg_catalog\.set_config|\\(un)?restrict|--)")


def dump(url: DatabaseUrl) -> str:
    """Every object, in pg_dump's order and words."""
    programs = find_programs()
    if programs.major < int(version_of(url).partition(".")[0]):
        pytest.skip(f"pg_dump is of version {programs.version}, older than the server")
    arguments = url.for_psycopg2()
    names = {
        "PGHOST": "host",
        "PGPORT": "port",
        "PGUSER": "user",
        "PGPASSWORD": "password",
        "PGDATABASE": "dbname",
    }
    written = subprocess.run(
        [programs.folder / "pg_dump", *COMMAND],
        env={"PATH": os.defpath} | {name: str(arguments[key]) for name, key in names.items()},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    objects = re.split(r"^--\n-- Name: ", written, flags=re.MULTILINE)
    ours = "\n".join(text for text in objects if "ledger_notify" not in text.partition("\n")[0])
    lines = (line for line in ours.splitlines() if line and not NOISE.match(line))
    # A default may hold the moment at which its revision was imported.
    return re.sub(r"'20\d\d-\d\d-\d\d \d\d:\d\d:\d\d[.\d]*'", "'some time'", "\n".join(lines))
