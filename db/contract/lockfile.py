"""db/revisions.lock: the history that an image carries, as one JSON object a line."""

import json
from collections.abc import Iterable

from db.contract import files
from db.contract.files import FilePath
from db.contract.lineage import Clause, Lineage, Phase, Revision, TableLock
from db.contract.refusal import ExitCode, Refusal
from db.contract.value import Value, as_dict

LOCKFILE = files.inside(files.above(files.above(__file__)), "revisions.lock")
FORMAT = 1
HEADER = {"calcio": "revisions.lock", "format": FORMAT, "written by": "scripts/lock; do not edit"}
REMEDY = "Write it anew with scripts/lock and commit it"


class Entry(Value):
    """A line of the lockfile: the revision, and the script that it was read from."""

    revision: Revision
    file: str
    file_sha256: str  # spares the Job parsing a script whose bytes are the ones that were locked


def render(entries: Iterable[Entry]) -> str:
    """The lockfile's text for `entries`, which stand in an order in which they can be applied."""
    lines = [HEADER, *map(_as_json, entries)]
    return "".join(json.dumps(line) + "\n" for line in lines)


def read_entries(path: FilePath = LOCKFILE) -> tuple[Entry, ...]:
    """Read the lockfile at `path`.

    Raises Refusal with 65 where it is missing, or is not what `render` writes.
    """
    try:
        header, *lines = [json.loads(line) for line in files.text(path).splitlines()]
        if header["format"] != FORMAT:
            raise Refusal(
                ExitCode.SCRIPTS,
                f"{files.name(path)} has format {header['format']}, expected {FORMAT}",
                REMEDY,
            )
        return tuple(map(_from_json, lines))
    except OSError as error:
        raise Refusal(ExitCode.SCRIPTS, f"no lockfile was found at {path}", REMEDY) from error
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal(
            ExitCode.SCRIPTS, f"{files.name(path)} is not a lockfile, or two were merged into one", REMEDY
        ) from error


def read(path: FilePath = LOCKFILE) -> Lineage:
    """The lineage that the lockfile at `path` records; raises as `read_entries` does."""
    return Lineage.of(entry.revision for entry in read_entries(path))


def _as_json(entry: Entry) -> dict[str, object]:
    revision = entry.revision
    return {
        "revision": revision.revision,
        "down_revisions": revision.down_revisions,
        "depends_on": revision.depends_on,
        "replaces": revision.replaces,
        "phase": revision.phase,
        "breaks": [str(clause) for clause in revision.breaks],
        "required": revision.required,
        "announced": revision.announced,
        "locks": None
        if revision.locks is None
        else [tuple(as_dict(lock).values()) for lock in revision.locks],
        "digest": revision.digest,
        "file": entry.file,
        "file_sha256": entry.file_sha256,
    }


def _from_json(line: dict[str, object]) -> Entry:
    def texts(key: str) -> tuple[str, ...]:
        value = line[key]
        if not isinstance(value, list):
            raise TypeError(key)
        return tuple(map(str, value))

    revision = Revision(
        revision=str(line["revision"]),
        down_revisions=texts("down_revisions"),
        depends_on=texts("depends_on"),
        replaces=texts("replaces"),
        phase=Phase(str(line["phase"])),
        breaks=tuple(map(Clause.parse, texts("breaks"))),
        required=bool(line["required"]),
        announced=bool(line["announced"]),
        locks=_locks(line.get("locks")),
        digest=str(line["digest"]),
    )
    return Entry(revision, str(line["file"]), str(line["file_sha256"]))


def _locks(value: object) -> tuple[TableLock, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise TypeError("locks")
    return tuple(TableLock(*lock) for lock in value)
