"""The first installation on a real cluster: one apply of one overlay."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from db.contract import lockfile
from tests.cluster.kubectl import Namespace, namespace
from tests.cluster.overlay import Overlay
from tests.eventually import eventually

MIGRATE = "--selector=app.kubernetes.io/component=migrate"
PASSWORDS = "--selector=app.kubernetes.io/name=calcio-passwords"
SERVICE = "--selector=app.kubernetes.io/component=service"
HTTP, MANAGEMENT = 80, 9090


@dataclass(frozen=True)
class Installation:
    """A namespace and what was applied there."""

    place: Namespace
    manifests: str


@pytest.fixture(scope="module")
def installed(release: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The overlay, applied once, after its Job."""
    with namespace() as place:
        overlay = Overlay.copied(tmp_path_factory.mktemp("overlay"), place.name, release)
        manifests = overlay.rendered()
        place.apply(manifests)
        place.wait("condition=Complete", "jobs", MIGRATE)
        yield Installation(place, manifests)


def test_the_jobs_pod_says_what_it_did(installed: Installation) -> None:
    """Whoever describes the pod reads the outcome, to the head that was reached."""
    (pod,) = installed.place.items("pods", MIGRATE, "--field-selector=status.phase=Succeeded")
    (container,) = pod["status"]["containerStatuses"]
    outcome = json.loads(container["state"]["terminated"]["message"])
    assert (outcome["outcome"], outcome["code"]) == ("applied", 0)
    assert outcome["expected"] == [lockfile.read_entries()[-1].revision.revision]


def test_the_api_answers(installed: Installation) -> None:
    """After one apply, and nothing else, a client gets an answer from the database."""
    installed.place.wait("condition=Available", "deployment/calcio-service")
    with installed.place.forwarded("service/calcio-service", HTTP) as url:
        assert httpx.get(f"{url}/api/v1/players", timeout=10).status_code == 200


def test_applying_it_again_changes_nothing(installed: Installation) -> None:
    """The same release, applied twice, is one release: no Job runs again and no pod is replaced."""
    place, manifests = installed.place, installed.manifests
    before = place.generations(manifests)
    assert place("diff", "--filename=-", given=manifests) == ""
    place.apply(manifests)
    assert place.generations(manifests) == before


def test_pods_are_unready_until_the_job_is_done(release: str, tmp_path: Path) -> None:
    """While the schema is missing, pods live and say why they do not serve; the Job makes them ready."""
    with namespace() as place:
        overlay = Overlay.copied(tmp_path, place.name, release)
        overlay.patch(
            "app.kubernetes.io/component=migrate", {"op": "add", "path": "/spec/suspend", "value": True}
        )
        place.apply(overlay.rendered())
        place.wait("condition=Complete", "jobs", PASSWORDS)
        place.wait("jsonpath={.status.containerStatuses[0].started}=true", "pods", SERVICE)
        with place.forwarded("deployment/calcio-service", MANAGEMENT) as url:
            eventually(lambda: "schema empty" in httpx.get(f"{url}/readyz?verbose", timeout=10).text)
            assert httpx.get(f"{url}/readyz", timeout=10).status_code == 503
        assert place.ready(SERVICE) == {"False"}
        (job,) = place.items("jobs", MIGRATE)
        place("patch", "job", job["metadata"]["name"], "--patch", '{"spec": {"suspend": false}}')
        place.wait("condition=Complete", "jobs", MIGRATE)
        place.wait("condition=Ready", "pods", SERVICE)
