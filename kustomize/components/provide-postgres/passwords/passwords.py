"""Gives each role of the development database a random password, once: it may make Secrets, and read none."""

import json
import secrets
import ssl
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path

ACCOUNT = Path("/run/secrets/kubernetes.io/serviceaccount")
ROLES = {"calcio-migrate-db": "calcio", "calcio-service-db": "calcio_service"}
TIMEOUT_S = 10


def secret(name: str, role: str) -> dict[str, object]:
    password = secrets.token_urlsafe(24)
    url = f"postgresql://{role}:{password}@calcio-postgres:5432/calcio"
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/part-of": "calcio"}},
        "stringData": {"username": role, "password": password, "DATABASE_URL": url},
    }


def create(body: dict[str, object]) -> bool:
    """False where the Secret is there already: the database knows its password, and no other."""
    namespace = (ACCOUNT / "namespace").read_text()
    request = urllib.request.Request(
        f"https://kubernetes.default.svc/api/v1/namespaces/{namespace}/secrets",
        data=json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}",
            "Content-Type": "application/json",
        },
    )
    context = ssl.create_default_context(cafile=ACCOUNT / "ca.crt")
    try:
        urllib.request.urlopen(request, timeout=TIMEOUT_S, context=context).close()  # noqa: S310 - https, above
    except urllib.error.HTTPError as answer:
        answer.close()
        if answer.code != HTTPStatus.CONFLICT:
            raise
        return False
    return True


if __name__ == "__main__":
    for name, role in ROLES.items():
        print(f"{name}: {'made' if create(secret(name, role)) else 'kept'}")
