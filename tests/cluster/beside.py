"""An application that is not Python, with the gate as its sidecar: how its one pod fares."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.cluster.kubectl import Namespace
from tests.eventually import eventually

FOLDER = Path(__file__).with_name("application")
SELECTOR = "--selector=app.kubernetes.io/name=application"
SLICES = "--selector=kubernetes.io/service-name=application"


@dataclass(frozen=True)
class Application:
    """What its gate says, whether the Service sends it requests, and what it answers itself."""

    gate: str
    receives: list[bool]
    answer: str


def look(place: Namespace, says: str) -> Application:
    """The one pod that there is of it, once its gate says so."""
    place("scale", "deployment/application", "--replicas=1")
    [pod] = eventually(lambda: [found for found in place.items("pods", SELECTOR) if has_started(found)])
    name = f"pod/{pod['metadata']['name']}"
    with place.forwarded(name, 9090) as gate, place.forwarded(name, 8080) as http:
        said = eventually(lambda: said_by(gate, says))
        ends = [end for one in place.items("endpointslices", SLICES) for end in one["endpoints"] or []]
        answer = httpx.get(http, timeout=30).text.strip()
    return Application(said, [end["conditions"]["ready"] for end in ends], answer)


def has_started(pod: dict[str, Any]) -> bool:
    """Whether both its containers run, however ready they are."""
    status = pod["status"]
    found = [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
    running = {one["name"] for one in found if one.get("started")}
    return {"gate", "application"} <= running and "deletionTimestamp" not in pod["metadata"]


def said_by(gate: str, says: str) -> str:
    """What the gate says, where it is this."""
    text = httpx.get(f"{gate}/readyz?verbose", timeout=30).text
    return text if says in text else ""
