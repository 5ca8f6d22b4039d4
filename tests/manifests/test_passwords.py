"""The development database's passwords are made in the cluster, by an account that can do nothing else."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from db.contract.url import DatabaseUrl
from tests.manifests.rendering import KUSTOMIZE, Object, Renderer, named

FOLDER = KUSTOMIZE / "components" / "provide-postgres"


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(FOLDER / "passwords" / "passwords.py"))


@pytest.fixture
def development(renderer: Renderer) -> list[Object]:
    return renderer.objects(KUSTOMIZE / "overlays" / "dev")


def test_a_secret_holds_a_url_that_both_images_accept(script: dict[str, Any]) -> None:
    """The URL names the role, the database and the Service of the overlay, and no driver."""
    for name, role in script["ROLES"].items():
        made = script["secret"](name, role)
        password = made["stringData"]["password"]
        parsed = DatabaseUrl.parse(made["stringData"]["DATABASE_URL"]).for_psycopg2()
        expected = {"host": "calcio-postgres", "user": role, "password": password, "dbname": "calcio"}
        assert parsed | expected == parsed
        assert made["metadata"]["name"] == name


def test_no_two_passwords_are_alike(script: dict[str, Any]) -> None:
    """Each role, in each cluster, has a password of its own."""
    passwords = {script["secret"]("name", "role")["stringData"]["password"] for _ in range(100)}
    assert len(passwords) == 100
    assert min(map(len, passwords)) >= 32


def test_the_account_may_make_secrets_and_read_none(development: list[Object]) -> None:
    """A Job with this token can't learn a password, not even the one it made before."""
    assert named(development, "Role", "calcio-passwords")["rules"] == [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]}
    ]


def test_the_database_learns_what_the_secrets_say(development: list[Object], script: dict[str, Any]) -> None:
    """Each Secret is mounted where the roles' SQL reads its password."""
    pod = named(development, "StatefulSet", "calcio-postgres")["spec"]["template"]["spec"]
    mounts = {mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}
    sql = (FOLDER / "roles.sql").read_text()
    for name, role in script["ROLES"].items():
        assert f"/run/secrets/{name}" in mounts
        assert f"`cat /run/secrets/{name}/password`" in sql
        assert f"CREATE ROLE {role} LOGIN" in sql


def test_the_service_of_the_database_has_the_name_in_the_url(development: list[Object]) -> None:
    """The host in the Secrets' URLs is a Service that leads to the database."""
    service = named(development, "Service", "calcio-postgres")["spec"]
    template = named(development, "StatefulSet", "calcio-postgres")["spec"]["template"]
    assert service["selector"].items() <= template["metadata"]["labels"].items()


def test_no_password_is_in_the_repository() -> None:
    """What makes the passwords is all there is of them: no literal, not even for the superuser."""
    statefulset = (FOLDER / "statefulset.yaml").read_text()
    assert "name: POSTGRES_PASSWORD," not in statefulset
    assert "value: /proc/sys/kernel/random/uuid" in statefulset
    assert not [found for found in Path(KUSTOMIZE).rglob("*.yaml") if "kind: Secret\n" in found.read_text()]
