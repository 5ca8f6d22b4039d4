"""Says whether anything is pending, and tells pg_dump how to get in: in files in memory, never on a command line."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import psycopg2

from db.contract.refusal import ExitCode, Refusal
from db.contract.url import find_url

HANDOVER = Path("/handover")
MAX_MB = 10_240


def is_anything_pending() -> bool:
    """As `plan` says; where it can't say, this ends with its exit code."""
    code = subprocess.run([sys.executable, "-m", "db", "plan"], check=False).returncode
    if code not in {ExitCode.DONE, ExitCode.PENDING}:
        sys.exit(code)
    return code == ExitCode.PENDING


def refuse_what_is_too_large(arguments: Mapping[str, object], max_mb: int) -> None:
    with closing(psycopg2.connect(**arguments)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_catalog.pg_database_size(pg_catalog.current_database()) / 1048576")
        (found_mb,) = cursor.fetchone()
    if found_mb > max_mb:
        raise Refusal(
            ExitCode.CONFIGURATION,
            f"the database has {found_mb} MB, expected at most {max_mb} to dump before a migration",
            "Raise BACKUP_MAX_MB and the deadlines, or take snapshots of its volume instead of this component",
        )


def hand_over(arguments: Mapping[str, object], folder: Path) -> None:
    """A service file, and a password file for what a service file would trim."""
    password = re.sub(r"([\\:])", r"\\\1", str(arguments.get("password", "")))
    passfile = folder / "passfile"
    passfile.touch(mode=0o600)
    passfile.write_text(f"*:*:*:*:{password}\n")
    lines = [f"{name}={value}" for name, value in arguments.items() if name != "password"]
    (folder / "service.conf").write_text("\n".join(["[calcio]", *lines, ""]))


if __name__ == "__main__":
    try:
        if is_anything_pending():
            url = find_url(os.environ, direct=True).for_psycopg2()
            refuse_what_is_too_large(url, int(os.environ.get("BACKUP_MAX_MB", MAX_MB)))
            hand_over(url, HANDOVER)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(refusal.code)
