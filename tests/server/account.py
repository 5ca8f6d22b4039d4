"""As whom a PostgreSQL server runs: PostgreSQL refuses to be root."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from db.contract.refusal import ExitCode, Refusal

REMEDY = "Run as another user, or name a running server: pytest --database-url URL"


@dataclass(frozen=True)
class Account:
    """An existing user of the system; nothing is ever added to /etc/passwd."""

    uid: int
    gid: int

    @property
    def _is_another(self) -> bool:
        return self.uid != os.geteuid()

    @property
    def for_subprocess(self) -> dict[str, Any]:
        """What makes a child process this account's: nothing, where it is already."""
        if not self._is_another:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, folder: Path) -> None:
        """Make a folder and all in it this account's own."""
        if self._is_another:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def objection(self, folder: Path, program: Path) -> str | None:
        """Why this account cannot enter the folder and start the program; None when it can."""
        enter_and_start = ["/bin/sh", "-c", 'cd "$1" && exec "$2" --version', "sh", str(folder), str(program)]
        try:
            ran = subprocess.run(
                enter_and_start, cwd="/", capture_output=True, text=True, check=False, **self.for_subprocess
            )
        except (PermissionError, subprocess.SubprocessError) as error:
            raise Refusal(
                ExitCode.PERMISSION,
                f"PostgreSQL does not run as root, and this root may not become user {self.uid}: {error}",
                REMEDY,
            ) from error
        return ran.stderr.strip() or "it did not start" if ran.returncode else None


def server_account() -> Account:
    uid = os.geteuid()
    try:
        entry = pwd.getpwnam("nobody") if uid == 0 else pwd.getpwuid(uid)
    except KeyError as error:
        wanted = "nobody" if uid == 0 else f"id {uid}"
        raise Refusal(
            ExitCode.CONFIGURATION,
            f"Found no user {wanted} in this system's list of users; initdb expects one",
            REMEDY,
        ) from error
    return Account(entry.pw_uid, entry.pw_gid)
