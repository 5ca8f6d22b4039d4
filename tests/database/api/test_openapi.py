"""The description says what the API does, as somebody finds out who only believes the description."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx import Client

from db.contract.url import DatabaseUrl
from service.auth import Auth, Role
from service.keys import verifier
from tests.database.api.serving import served
from tests.database.api.tokens import AUDIENCE, ISSUER, token

CONFIG = Path(__file__).parent / "schemathesis.toml"


def test_every_operation_is_described(anonymous: Client) -> None:
    """Each path has its methods, an answer of its own and the ways in which it may say no."""
    document = anonymous.get("/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    operations = [
        operation
        for path in document["paths"].values()
        for method, operation in path.items()
        if method != "parameters"
    ]
    assert len(operations) == len({operation["operationId"] for operation in operations})
    for operation in operations:
        assert {"401", "403", "503"} < set(operation["responses"])


def test_the_page_shows_every_operation_and_runs_nothing(anonymous: Client) -> None:
    """A person reads the same description, in a page that may neither run nor load anything."""
    page = anonymous.get("/docs")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text
    for path in anonymous.get("/openapi.json").json()["paths"]:
        assert f"<code>{path}</code>" in page.text


@pytest.fixture
def private_address(api_url: DatabaseUrl, secret_file: Path) -> Iterator[str]:
    """Where the API answers whom it knows, and nobody else."""
    with served(api_url, Auth(verifier(None, secret_file, ISSUER, AUDIENCE))) as address:
        yield address


def test_the_api_does_what_its_description_says(private_address: str, tmp_path: Path) -> None:
    """Generated requests, valid and not, in sequences: no answer is undescribed, misshapen or a 500."""
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "schemathesis.cli",
            f"--config-file={CONFIG}",
            "run",
            f"{private_address}/openapi.json",
            f"--header=Authorization: Bearer {token(role=Role.ADMIN.name.lower())}",
            "--max-examples=5",
            "--generation-deterministic",
            "--no-color",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
