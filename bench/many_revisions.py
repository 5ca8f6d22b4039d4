"""`python -m bench.many_revisions`: a long history from empty to head, by the Job and by plain Alembic.

Three of them: one whose revisions are declared; one whose revisions say nothing, as where nobody has heard of calcio;
and one whose env.py wants a transaction for each. Both contestants apply the same folder.
"""

import sys
import tempfile
from collections.abc import Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from statistics import median

from alembic import command
from alembic.config import Config

from bench.child import Ran, middle, run
from scripts.tour.place import OWNER, Place, choose_ports, settled
from tests.server.roles import fresh_database

REVISIONS = 300
ROUNDS = 11
ALEMBIC = str(Path(sys.executable).with_name("alembic"))
# What `alembic init` leaves to whoever runs it: where the URL comes from.
CONFIG = "config = context.config\n"
URL = """
import os, sqlalchemy
with open(os.environ["DATABASE_URL_FILE"]) as file:
    url = sqlalchemy.make_url(file.read()).set(drivername="postgresql+psycopg2")
config.set_main_option("sqlalchemy.url", url.render_as_string(hide_password=False).replace("%", "%%"))
"""
REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "{number:04}"
down_revision = {parent!r}
phase = "expand"


def upgrade() -> None:
    op.create_table("thing_{number:04}", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))


def downgrade() -> None:
    op.drop_table("thing_{number:04}")
"""


def initialise(folder: Path) -> Path:
    """Let Alembic write its env.py and alembic.ini, and name the URL; answers the folder of env.py."""
    migrations = folder / "migrations"
    with redirect_stdout(StringIO()):
        command.init(Config(folder / "alembic.ini"), str(migrations))
    env = migrations / "env.py"
    env.write_text(env.read_text().replace(CONFIG, CONFIG + URL))
    return migrations


DECLARED = 'phase = "expand"\n'
CONFIGURED = "target_metadata=target_metadata\n"
HISTORIES: Mapping[str, tuple[str, str]] = {
    "declared": (REVISION, CONFIGURED),
    "not declared": (REVISION.replace(DECLARED, ""), CONFIGURED),
    "a transaction each": (REVISION, CONFIGURED.rstrip() + ", transaction_per_migration=True\n"),
}


def write_history(folder: Path, revision: str, configured: str) -> Path:
    """Write the revisions; answers the folder of env.py."""
    folder.mkdir()
    migrations = initialise(folder)
    env = migrations / "env.py"
    env.write_text(env.read_text().replace(CONFIGURED, configured))
    for number in range(1, REVISIONS + 1):
        parent = f"{number - 1:04}" if number > 1 else None
        text = revision.format(number=number, parent=parent)
        (migrations / "versions" / f"{number:04}_create_thing.py").write_text(text)
    return migrations


def on_an_empty_database(place: Place, folder: Path, arguments: list[str]) -> Ran:
    with fresh_database(place.server.url, OWNER) as name:
        url_file = folder / "url"
        text = place.owner_url_file.read_text()
        url_file.write_text(text[: text.rindex("/") + 1] + name)
        return run(arguments, {"DATABASE_URL_FILE": str(url_file)})


def compare(place: Place, folder: Path, migrations: Path) -> str:
    """The medians of both, and of the rounds' ratios."""
    job = [sys.executable, "-m", "db", "--migrations", str(migrations), "upgrade"]
    alembic = [ALEMBIC, "-c", str(folder / "alembic.ini"), "upgrade", "head"]
    rounds = [
        (on_an_empty_database(place, folder, job), on_an_empty_database(place, folder, alembic))
        for _ in range(ROUNDS)
    ]
    jobs, alembics = (middle(runs) for runs in zip(*rounds, strict=True))
    ratio = median(ours.wall_s / theirs.wall_s for ours, theirs in rounds)
    return (
        f"python -m db upgrade {jobs.wall_s:5.2f} s {jobs.peak_mib:5.1f} MiB |"
        f" alembic upgrade head {alembics.wall_s:5.2f} s {alembics.peak_mib:5.1f} MiB | {ratio:4.2f}"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as name, settled(choose_ports(0).postgres) as place:
        for kind, (revision, configured) in HISTORIES.items():
            folder = Path(name) / kind
            migrations = write_history(folder, revision, configured)
            print(f"{kind:20}{compare(place, folder, migrations)}", flush=True)


if __name__ == "__main__":
    main()
