"""Real histories from their wheels: the Job makes of them what plain `alembic upgrade heads` makes."""

import json
from pathlib import Path

import pytest

from db.contract.url import DatabaseUrl
from tests.database.foreign.dump import dump
from tests.database.foreign.real import REAL
from tests.job.process import Job


@pytest.mark.parametrize("name", REAL)
def test_the_schema_is_the_one_that_plain_alembic_makes(
    job: Job, another_url: DatabaseUrl, packages: Path, tmp_path: Path, name: str
) -> None:
    """Byte for byte, as pg_dump writes it; and the commands that look agree with it."""
    real = REAL[name]
    project = real.build(tmp_path / name, packages)
    project.alembic(another_url, "upgrade", "heads", **real.variables(another_url, packages, tmp_path))
    environ = real.variables(job.url, packages, tmp_path)
    there = ["--migrations", str(project.migrations)]

    ended = job.run(*there, "upgrade", "heads", environ=environ)
    assert ended.code == 0, ended.text
    expected = dump(another_url)
    assert expected.count("CREATE TABLE") >= real.tables
    assert dump(job.url) == expected

    assert job.run(*there, "check", environ=environ).outcome["message"].startswith("at_head")
    status = json.loads(job.run(*there, "status", "--json", environ=environ).stdout)
    assert (status["standing"], sorted(status["found"])) == ("at_head", sorted(status["expected"]))
    history = json.loads(job.run(*there, "history", "--json", environ=environ).stdout)
    assert len(history) == len(ended.outcome["applied"]) > 10
