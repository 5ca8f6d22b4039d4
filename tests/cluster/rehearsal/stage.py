"""One live installation under load, and the few things that are done to it."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.kubectl import Namespace, namespace
from tests.cluster.overlay import Overlay
from tests.cluster.rehearsal import client
from tests.cluster.rehearsal.record import Record, Step
from tests.cluster.rehearsal.watch import watched

# A lease in seconds instead of minutes, by settings alone; it bears 8 s without PostgreSQL, which is killed here.
LEASE = {
    "CALCIO_LEASE_S": 15,
    "CALCIO_MARGIN_S": 5,
    "CALCIO_HEARTBEAT_S": 2,
    "CALCIO_REQUEST_DEADLINE_S": 2,
    "CALCIO_IDLE_TIMEOUT_S": 2,
    "CALCIO_CLOCK_STEP_S": 1,
}
TOKENS = {
    "CALCIO_AUTH_SECRET_FILE": "/run/secrets/tokens/key",
    "CALCIO_AUTH_ISSUER": client.ISSUER,
    "CALCIO_AUTH_AUDIENCE": client.ISSUER,
}
DATABASE = "calcio-postgres-0"
STEPS = (
    "SELECT json_build_object('at', extract(epoch FROM at), 'operation', operation,"
    " 'revision', revision, 'release', release) FROM ledger_event ORDER BY seq"
)


@dataclass(frozen=True)
class Stage:
    """An installation; what happens on it is written down in `record`."""

    place: Namespace
    overlay: Overlay
    record: Record

    def apply(self, release: str, *, finish: bool = False) -> None:
        """Apply a release as people do: one line edited, one overlay applied."""
        self.overlay.release(release)
        self.overlay.use("finish-automatically", wanted=finish)
        self.mark(f"apply {release}{' and finish' if finish else ''}")
        self.place.apply(self.overlay.rendered())

    def mark(self, what: str) -> None:
        """Write down that something is done now."""
        self.record.marks.append((time.time(), what))

    def pods(self, component: str, release: str) -> list[dict[str, Any]]:
        """The pods of a Job, or of the service, of this release."""
        return self.place.items("pods", of(component, release))

    def ended(self, component: str, release: str, condition: str = "Complete") -> None:
        """Wait until the Job is Complete, or Failed where that is meant to come."""
        self.place.wait(f"condition={condition}", "jobs", of(component, release))

    def rolled_out(self) -> None:
        """Wait until all pods are those of the release that was applied, and ready."""
        self.place("rollout", "status", "deployment/calcio-service", "--timeout=180s")

    def psql(self, sql: str) -> list[Any]:
        """Ask the database, in its own pod: each row is JSON."""
        said = self.place("exec", DATABASE, "--", "psql", "-U", "postgres", "-Atc", sql, "calcio")
        return [json.loads(line) for line in said.splitlines()]

    def applied(self) -> list[str]:
        """The revisions that were applied so far, in order, as often as they were."""
        steps = [Step(**row) for row in self.psql(STEPS)]
        return [str(step.revision) for step in steps if step.operation == "upgrade"]

    def look_back(self) -> None:
        """End the load, and write down what there is to read in the end."""
        self.record.requests += client.stop(self.place)
        self.record.steps += [Step(**row) for row in self.psql(STEPS)]
        rows = self.psql("SELECT row_to_json(session) FROM session")
        self.record.kept += [str(row.get("place") or row["venue"]) for row in rows]


def of(component: str, release: str) -> str:
    """The selector of what belongs to the component of this release."""
    return f"--selector=app.kubernetes.io/component={component},app.kubernetes.io/version={release}"


@contextmanager
def stage(name: str, release: str, folder: Path, records: list[Record]) -> Iterator[Stage]:
    """The release, installed on nothing while the load asks already; looked back at in the end."""
    with namespace() as place:
        overlay = Overlay.copied(folder, place.name, release)
        shape(overlay)
        place("create", "namespace", place.name)
        client.give_keys(place)
        with watched(place) as seen:
            record = Record(name, seen)
            records.append(record)
            live = Stage(place, overlay, record)
            live.apply(release, finish=True)
            client.start(place, f"calcio-service:{release}")
            try:
                live.ended("migrate", release)
                live.rolled_out()
                live.ended("finish", release)
                yield live
            finally:
                live.look_back()


def shape(overlay: Overlay) -> None:
    """Settings of a rehearsal, and a database whose files live as long as its pod: a node has few volumes."""
    for name in ("calcio-migrate", "calcio-service"):
        overlay.setting(name, LEASE)
    overlay.setting("calcio-service", TOKENS)
    key = {"name": "tokens", "secret": {"secretName": "tokens", "defaultMode": 0o440}}
    mount = {"name": "tokens", "mountPath": "/run/secrets/tokens", "readOnly": True}
    spec = "/spec/template/spec"
    overlay.patch(
        "app.kubernetes.io/component=service",
        {"op": "add", "path": f"{spec}/volumes/-", "value": key},
        {"op": "add", "path": f"{spec}/containers/0/volumeMounts/-", "value": mount},
    )
    overlay.patch(
        "app.kubernetes.io/component=database",
        {"op": "remove", "path": "/spec/volumeClaimTemplates"},
        {"op": "add", "path": f"{spec}/volumes/-", "value": {"name": "data", "emptyDir": {}}},
    )
