"""Databases of one server, one for each standing, and the image that stands so to each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from db.contract import lockfile
from db.contract.lineage import Lineage, Revision
from db.contract.lockfile import Entry
from db.contract.standing import Standing
from db.contract.url import DatabaseUrl
from tests.database.gate.ledger import Ledger, revision
from tests.database.gate.process import migrate
from tests.server.roles import session

TEMPLATE = "migrated"
HEAD = lockfile.read_entries()[-1].revision.revision
HEADS_BEFORE = lockfile.read_entries()[-1].revision.down_revisions
NEXT = revision("9001", HEAD)
TRAILING = revision("9001", HEAD, required=False)
FOREIGN = revision("9001", HEAD, digest="of something else")
OTHER = revision("9002", HEAD)
# Code that does not contain 9001 breaks.
CONTRACT = revision("9003", "9001", required=False, breaks=(":9001",))
DROPPED = "DROP TABLE ledger_state, ledger_revision, ledger_event, ledger_reader"


@dataclass(frozen=True)
class Case:
    """A standing: what was done to a migrated database, or to an empty one, and what the image has beyond it."""

    name: str
    standing: Standing
    ready: bool
    prepare: Callable[[Ledger], None]
    more: tuple[Entry, ...] = ()
    migrated: bool = True

    @property
    def image(self) -> Lineage:
        return Lineage.of(entry.revision for entry in self.entries)

    @property
    def entries(self) -> tuple[Entry, ...]:
        return (*lockfile.read_entries(), *self.more)

    def lockfile(self, folder: Path) -> Path:
        path = folder / f"{self.name}.lock"
        path.write_text(lockfile.render(self.entries))
        return path


def nothing(_ledger: Ledger) -> None:
    pass


def entry(known: Revision) -> tuple[Entry, ...]:
    return (Entry(known, "9001.py", ""),)


CASES = {
    case.name: case
    for case in (
        Case("empty", Standing.EMPTY, False, nothing, migrated=False),
        Case(
            "unversioned",
            Standing.UNVERSIONED,
            False,
            lambda ledger: ledger.execute(f"{DROPPED}; CREATE TABLE player (id int)"),
            migrated=False,
        ),
        Case(
            "stale",
            Standing.STALE,
            False,
            lambda ledger: ledger.execute(f"UPDATE alembic_version SET version_num = '{HEADS_BEFORE[0]}'"),
        ),
        Case(
            "stale_and_equal",
            Standing.STALE,
            True,
            lambda ledger: ledger.execute(f"UPDATE ledger_state SET heads = '{{{HEADS_BEFORE[0]}}}'"),
        ),
        Case("foreign", Standing.FOREIGN, False, lambda ledger: ledger.apply(FOREIGN), entry(NEXT)),
        Case("diverged", Standing.DIVERGED, False, lambda ledger: ledger.apply(OTHER), entry(NEXT)),
        Case("broken", Standing.BROKEN, False, lambda ledger: ledger.apply(NEXT, CONTRACT)),
        Case("behind", Standing.BEHIND, False, nothing, entry(NEXT)),
        Case("unfinished", Standing.UNFINISHED, True, nothing, entry(TRAILING)),
        Case("at_head", Standing.AT_HEAD, True, nothing),
        Case("ahead", Standing.AHEAD, True, lambda ledger: ledger.apply(NEXT)),
    )
}


def make_databases(server: DatabaseUrl) -> None:
    """Make each case's database, named after it, from one that the Job has migrated."""
    with session(server) as superuser:
        superuser.execute(f"CREATE DATABASE {TEMPLATE}")
    migrate(server.replace(database=TEMPLATE))
    for case in CASES.values():
        with session(server) as superuser:
            template = TEMPLATE if case.migrated else "template0"
            superuser.execute(f'CREATE DATABASE "{case.name}" TEMPLATE {template}')
        ledger = Ledger(server.replace(database=case.name))
        if not case.migrated:
            ledger.create()
        case.prepare(ledger)
