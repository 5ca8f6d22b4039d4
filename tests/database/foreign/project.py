"""Another project: a folder with alembic.ini, env.py and revisions, and plain `alembic` run on it."""

import os
import subprocess
import sys
from pathlib import Path

from db.contract.url import DatabaseUrl
from tests.job.process import text_of

# As `alembic init` writes it, in short: one way for a person who wants SQL, one for a database.
ENV = """
import os
from logging.config import fileConfig
from alembic import context
from sqlalchemy import MetaData, create_engine
{first}
config = context.config
fileConfig(config.config_file_name)
{models}
options = dict({options})
if context.is_offline_mode():
    context.configure(url=config.get_main_option("sqlalchemy.url"), literal_binds=True, **options)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(os.environ["PLAIN_URL"]).connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata, **options)
        with context.begin_transaction():
            context.run_migrations()
"""
INI = """
[alembic]
script_location = %(here)s/migrations
path_separator = os
{said}
[loggers]
keys = root
[handlers]
keys =
[formatters]
keys =
[logger_root]
level = WARNING
handlers =
"""
REVISION = """
import sqlalchemy as sa
from alembic import context, op
{first}
revision = {id!r}
down_revision = {below!r}
depends_on = {depends_on!r}


def upgrade():
    {up}


def downgrade():
    {down}
"""


def revision(
    id_: str,
    below: str | tuple[str, ...] | None = None,
    up: str = "pass",
    down: str = "pass",
    first: str = "",
    depends_on: str | None = None,
) -> str:
    """A script; `up` and `down` are its Python, `first` stands at its head."""
    return REVISION.format(id=id_, below=below, up=up, down=down, first=first, depends_on=depends_on)


def execute(sql: str) -> str:
    """Python that executes `sql`."""
    return f"op.execute({sql!r})"


class Project:
    """A project in `folder`: `models` and `options` are Python of its env.py, `said` is in its configuration."""

    def __init__(
        self,
        folder: Path,
        *,
        models: str = "target_metadata = MetaData()",
        options: str = "",
        first: str = "",
        said: str = "",
        env: str = ENV,
    ) -> None:
        self.folder = folder
        self.versions.mkdir(parents=True)
        # Not format: what is put in has braces of its own.
        text = env.replace("{models}", models).replace("{options}", options).replace("{first}", first)
        (self.migrations / "env.py").write_text(text)
        self.ini.write_text(INI.replace("{said}", said))

    @property
    def migrations(self) -> Path:
        return self.folder / "migrations"

    @property
    def versions(self) -> Path:
        return self.migrations / "versions"

    @property
    def ini(self) -> Path:
        return self.folder / "alembic.ini"

    def with_revisions(self, *texts: str, below: str = "") -> "Project":
        """Write these scripts into `versions`, or into the folder `below` it."""
        folder = self.versions / below
        folder.mkdir(parents=True, exist_ok=True)
        for text in texts:
            (folder / f"r{len(list(folder.iterdir()))}.py").write_text(text)
        return self

    def alembic(self, url: DatabaseUrl, *arguments: str, **environ: str) -> None:
        """Run plain `alembic` with `arguments` on the database `url`."""
        ini = self.folder / "plain.ini"
        ini.write_text(
            self.ini.read_text().replace("[alembic]", "[alembic]\nrecursive_version_locations = true")
        )
        ran = subprocess.run(
            [sys.executable, "-m", "alembic", "-c", ini, *arguments],
            cwd=self.folder,
            env={"PATH": os.defpath, "PLAIN_URL": for_sqlalchemy(url)} | environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr


def for_sqlalchemy(url: DatabaseUrl) -> str:
    """The URL with its driver, since SQLAlchemy's own choice is another one."""
    return text_of(url).replace("://", "+psycopg2://", 1)
