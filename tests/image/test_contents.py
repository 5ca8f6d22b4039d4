"""What is in the images, what is not, and who can read it."""

import pytest

from tests.image.conftest import TARGETS, Images
from tests.image.engine import Engine

MIGRATE_ONLY = [
    "alembic",
    "mako",
    "psycopg2",
    "sqlalchemy",
    "db.authoring",
    "db.migrations",
    "db.runner",
    "db.schema",
]
SERVICE_ONLY = ["gunicorn", "jwt", "msgspec", "service.app", "starlette"]
SERVING = ["asyncpg", "prometheus_client", "service.gate", "uvicorn"]
IN_NONE = ["pip", "setuptools", "pytest", "tests"]
TOOLS = ["pip", "pip3", "uv", "cc", "gcc", "g++", "ld", "make"]
IMPORTED = {
    "migrate": ["db.__main__", "db.runner.upgrade", "alembic.command", "psycopg2", "sqlalchemy"],
    "service": ["gunicorn.app.wsgiapp", "service.app", "uvicorn_worker"],
    "gate": ["service.gate.__main__"],
}


@pytest.fixture(params=TARGETS)
def image(request: pytest.FixtureRequest, images: Images) -> str:
    return images.of(request.param)


@pytest.mark.parametrize(
    ("target", "wanted"),
    [("migrate", MIGRATE_ONLY), ("service", SERVICE_ONLY + SERVING), ("gate", SERVING)],
)
def test_an_image_holds_what_its_program_needs_and_no_more(
    engine: Engine, images: Images, target: str, wanted: list[str]
) -> None:
    """The service cannot move a schema, the Job cannot serve, and the gate can do neither."""
    names = MIGRATE_ONLY + SERVICE_ONLY + SERVING + IN_NONE
    assert engine.asked(images.of(target), "present", *names) == wanted


def test_nothing_can_be_built_or_installed_in_an_image(engine: Engine, image: str) -> None:
    """Neither pip nor a compiler is left, not even the base image's own."""
    assert engine.asked(image, "programs", *TOOLS) == []


def test_of_db_the_service_has_the_contract_and_the_lockfile_only(engine: Engine, images: Images) -> None:
    """What the service knows of the history is what the lockfile says."""
    found = engine.asked(images.service, "sources")
    other = {path for path in found if not path.startswith(("service/", "db/contract/"))}
    assert other == {"db/__init__.py", "db/revisions.lock"}


def test_the_gate_has_the_contract_and_no_history(engine: Engine, images: Images) -> None:
    """It cannot judge another application by the history of this one."""
    found = engine.asked(images.gate, "sources")
    assert {path for path in found if not path.startswith(("service/", "db/contract/"))} == {"db/__init__.py"}


@pytest.mark.parametrize("target", ["service", "gate"])
def test_every_module_that_is_there_can_be_loaded(engine: Engine, images: Images, target: str) -> None:
    """Nothing lies in an image that lacks what it stands on."""
    assert engine.asked(images.of(target), "unloadable", "/app") == []


def test_any_uid_reads_everything_and_changes_nothing(engine: Engine, image: str) -> None:
    """A UID that no one chose can run the image, and leaves it as it was."""
    assert engine.asked(image, "inaccessible") == []


@pytest.mark.parametrize("target", IMPORTED)
def test_nothing_is_compiled_at_the_start(engine: Engine, images: Images, target: str) -> None:
    """Every module that a process loads, the standard library's too, lies there as bytecode."""
    assert engine.asked(images.of(target), "uncompiled", *IMPORTED[target]) == []


def test_no_bytecode_depends_on_a_time(engine: Engine, image: str) -> None:
    """An engine that rewrites the files' times, for a reproducible image, makes no start slower."""
    assert engine.asked(image, "bound_to_a_time") == []
