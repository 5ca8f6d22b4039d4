"""Real histories, as the wheels of their projects bring them, each under an env.py that needs little."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from db.contract.url import DatabaseUrl
from tests.database.foreign.project import Project, for_sqlalchemy

# arize-phoenix 20: what phoenix/db/models.py gives its models, without the 100 packages that importing these needs.
PHOENIX = """
target_metadata = MetaData(naming_convention={
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_`%(constraint_name)s`",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
})
"""
INVENIO = """
from invenio_db.shared import NAMING_CONVENTION
target_metadata = MetaData(naming_convention=NAMING_CONVENTION)
"""
AIRFLOW = "from airflow.models.base import metadata as target_metadata"


@dataclass(frozen=True)
class Real:
    """Where the revisions lie among the packages, by the folder below `versions` that they are copied to."""

    folders: dict[str, str]
    models: str
    options: str = ""
    tables: int = 0  # fewer would mean that the tests compare nothing with nothing
    environ: dict[str, str] = field(default_factory=dict)

    def build(self, folder: Path, packages: Path) -> Project:
        project = Project(folder, models=self.models, options=self.options)
        for below, source in self.folders.items():
            shutil.copytree(packages / source, project.versions / below, dirs_exist_ok=True)
        return project

    def variables(self, url: DatabaseUrl, packages: Path, home: Path) -> dict[str, str]:
        """What its process is given besides, where `url` is the database that it may read its own settings from."""
        given = {
            name: value.format(url=for_sqlalchemy(url), home=home) for name, value in self.environ.items()
        }
        return {"PYTHONPATH": str(packages), "PYTHONWARNINGS": "ignore", **given}


REAL = {
    # Drops, by name, constraints that it never named.
    "phoenix": Real({"": "phoenix/db/migrations/versions"}, PHOENIX, tables=60),
    # One history in four packages: folders below `versions`, several heads, depends_on between them.
    "invenio": Real(
        {name: f"invenio_{name}/alembic" for name in ("db", "files_rest", "pidstore", "records")},
        INVENIO,
        tables=10,
    ),
    # Asks for the dialect, and alters in batches, as a history for two of them does.
    "argilla": Real(
        {"": "argilla_server/alembic/versions"},
        "target_metadata = MetaData()",
        "render_as_batch=True",
        tables=15,
    ),
    # 14 of its revisions use alembic.context.
    "airflow": Real(
        {"": "airflow/migrations/versions"},
        AIRFLOW,
        "render_as_batch=True",
        tables=60,
        environ={"AIRFLOW_HOME": "{home}", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "{url}"},
    ),
}
