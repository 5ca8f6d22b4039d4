"""The load pod as the test sees it: started, stopped, and asked for every outcome."""

import json
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from tests.cluster.kubectl import Namespace

RATE = 20
LONGEST_S = 1200
SLOW_MS = 1000
ISSUER = "rehearsal"
SCRIPT = Path(__file__).with_name("load.py")
SIGNAL = "import os, signal; os.kill(1, signal.{})"


@dataclass(frozen=True)
class Request:
    """One request and what came of it."""

    at: float
    ms: float
    status: int
    error: str
    venue: str | None
    kept: bool

    @property
    def failed(self) -> bool:
        return not 200 <= self.status < 300

    @property
    def answered_at(self) -> float:
        return self.at + self.ms / 1000

    @property
    def what(self) -> str:
        """What came of it, in words."""
        kind = "write" if self.venue else "read"
        over = "a kept" if self.kept else "a new"
        return f"{kind} over {over} connection: {self.error or self.status} after {self.ms:.0f} ms"


def give_keys(place: Namespace) -> None:
    """Make the keys that the service checks tokens with, and a token for the load."""
    key = secrets.token_hex(32)
    claims = {"sub": "load", "iss": ISSUER, "aud": ISSUER, "role": "organiser", "exp": time.time() + 7200}
    for name, content in {
        "tokens": {"key": key},
        "load": {"token": jwt.encode(claims, key, "HS256")},
    }.items():
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": content}
        place("apply", "--filename=-", given=json.dumps(secret))


def start(place: Namespace, image: str) -> None:
    """Start the pod; it resolves no name, so that none of its failures is the DNS server's."""
    (service,) = place.items("services", "--selector=app.kubernetes.io/name=calcio-service")
    place("create", "configmap", "load", f"--from-file={SCRIPT}")
    place("apply", "--filename=-", given=json.dumps(pod(image, service["spec"]["clusterIP"])))
    place.wait("condition=Ready", "pod/load")


def tell(place: Namespace, signal: str) -> None:
    """Send a signal to the load: SIGUSR1 for no more writes, SIGTERM for the end."""
    place("exec", "load", "--", "python", "-c", SIGNAL.format(signal))


def stop(place: Namespace) -> list[Request]:
    """End it, and answer what it told; fails where a line of it is missing."""
    tell(place, "SIGTERM")
    place.wait("jsonpath={.status.phase}=Succeeded", "pod/load")
    *lines, end = map(json.loads, place("logs", "load").splitlines())
    assert end == {"sent": len(lines)}, f"the load's log holds {len(lines)} outcomes and ends with {end}"
    return [Request(**line) for line in sorted(lines, key=lambda line: line["at"])]


def pod(image: str, host: str) -> dict[str, Any]:
    container = {
        "name": "load",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "/opt/load/load.py", host, str(RATE), str(LONGEST_S)],
        "resources": {
            "requests": {"cpu": "100m", "memory": "64Mi"},
            "limits": {"cpu": "1", "memory": "128Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "script", "mountPath": "/opt/load"},
            {"name": "token", "mountPath": "/run/load"},
        ],
    }
    security = {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}}
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": security,
        "containers": [container],
        "volumes": [
            {"name": "script", "configMap": {"name": "load"}},
            {"name": "token", "secret": {"secretName": "load"}},
        ],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "load"}, "spec": spec}
