"""The histories whose steps are killed: this project's own, and one that makes every call of db/operations.py."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from db.contract import lockfile
from tests.database.played import SEASON
from tests.job.image import OURS, OWN, Image, build
from tests.job.scripts import Script, execute

BASE = "base"


@dataclass(frozen=True)
class Chain:
    """A history without branches, and the rows that are put in at a revision since a later one must mind them."""

    name: str
    revisions: tuple[str, ...]
    trailing: frozenset[str]  # what `upgrade` leaves to `finish`
    image: Callable[[Path, str], Image]  # of the release that ends with a revision, in a folder
    rows: Mapping[str, tuple[str, ...]]

    def below(self, revision: str) -> str:
        """The revision under `revision`."""
        return (BASE, *self.revisions)[self.revisions.index(revision)]

    def until(self, heads: Collection[str]) -> frozenset[str]:
        """The heads, of which there is one or none, and what stands below."""
        known = max((self.revisions.index(head) + 1 for head in heads), default=0)
        return frozenset(self.revisions[:known])


def _committed(folder: Path, last: str) -> Image:
    """The scripts and the lines of the lockfile as they are committed, until `last`."""
    image = Image(folder)
    (image.migrations / "versions").mkdir(parents=True)
    for path in (OURS.folder / "db").iterdir():
        if path.name not in OWN:
            (folder / "db" / path.name).symlink_to(path)
    known = OWN_REVISIONS.index(last) + 1
    for name in ("env.py", *(f"versions/{entry.file}" for entry in lockfile.read_entries()[:known])):
        (image.migrations / name).symlink_to(OURS.migrations / name)
    lines = OURS.lockfile.read_text().splitlines(keepends=True)
    image.lockfile.write_text("".join(lines[: 1 + known]))
    return image


LINEAGE = lockfile.read()
OWN_REVISIONS = tuple(LINEAGE.revisions)
OWN_HISTORY = Chain(
    "own",
    OWN_REVISIONS,
    frozenset(id_ for id_, revision in LINEAGE.revisions.items() if not revision.required),
    _committed,
    {
        # More players than a backfill takes at once.
        "0001": (
            *SEASON,
            "INSERT INTO player (name) SELECT 'more ' || n FROM generate_series(1, 450) AS n",
            "INSERT INTO appearance SELECT 2, id, 'home' FROM player WHERE name ^@ 'more'",
            "INSERT INTO availability (session_id, player_id, answer) SELECT 1, id, 'yes' FROM player",
        ),
        "0002": ("UPDATE player SET skill = id % 10 + 1",),
        "0004": ("INSERT INTO rating (match_id, player_id, mu, sigma) VALUES (1, 1, 25, 8)",),
        # Behind the first backfill's back: the second one's reason to be.
        "0007": ("UPDATE match SET state = 'final', finalised_at = now() WHERE id = 3",),
    },
)

FILL = "UPDATE thing SET weight = id WHERE id > :after AND id <= :upto"
SCRIPTS = (
    Script(
        "0001",
        up=execute("CREATE TABLE thing (id int PRIMARY KEY, name text, weight int)"),
        down=execute("DROP TABLE thing"),
    ),
    Script(
        "0002",
        "0001",
        up='online.create_index("ix_thing_name", "thing", ["name"])',
        down='online.drop_index("ix_thing_name")',
    ),
    Script(
        "0003",
        "0002",
        up='online.create_index("uq_thing_name", "thing", ["name", "id"], unique=True)',
        down='online.drop_index("uq_thing_name")',
    ),
    Script(
        "0004",
        "0003",
        up='online.set_not_null("thing", "name")',
        down=execute("ALTER TABLE thing ALTER name DROP NOT NULL"),
    ),
    Script("0005", "0004", up=f'online.execute_in_batches("thing", "{FILL}", rows=100)', phase="data"),
    Script(
        "0006",
        "0005",
        up='online.drop_index("ix_thing_name")',
        down='online.create_index("ix_thing_name", "thing", ["name"])',
        phase="contract",
        breaks=(("0001", "0005"),),
        required=True,
    ),
)


def _scripted(folder: Path, last: str) -> Image:
    return build(folder, *(script for script in SCRIPTS if script.id <= last))


OPERATIONS = Chain(
    "operations",
    tuple(script.id for script in SCRIPTS),
    frozenset(script.id for script in SCRIPTS if not script.is_required),
    _scripted,
    {"0001": ("INSERT INTO thing SELECT n, 'thing ' || n FROM generate_series(1, 250) AS n",)},
)
