"""A namespace of a real cluster, by way of kubectl; every wait has a deadline."""

import json
import re
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer
from typing import Any

DEADLINE_S = 180
FORWARDED = re.compile(r"Forwarding from (127\.0\.0\.1:\d+)")
EVENTS = "--output=custom-columns=OBJECT:.involvedObject.name,EVENT:.message"


def kubectl(*arguments: str, given: str = "") -> str:
    """Run kubectl; answers what it printed, and fails with what it complained of."""
    ran = subprocess.run(
        ["kubectl", *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S + 30,
        check=False,
    )
    assert ran.returncode == 0, f"kubectl {' '.join(arguments)}: {ran.stderr or ran.stdout}"
    return ran.stdout


@dataclass(frozen=True)
class Namespace:
    """Where one installation lives."""

    name: str

    def __call__(self, *arguments: str, given: str = "") -> str:
        return kubectl("--namespace", self.name, *arguments, given=given)

    def apply(self, manifests: str) -> None:
        """Apply all of it at once."""
        self("apply", "--filename=-", given=manifests)

    def generations(self, manifests: str) -> dict[str, int | None]:
        """Which objects there are of the manifests, and how often each one's specification has changed."""
        found = json.loads(self("get", "--filename=-", "--output=json", given=manifests))["items"]
        return {item["metadata"]["uid"]: item["metadata"].get("generation") for item in found}

    def items(self, kind: str, *selectors: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self("get", kind, *selectors, "--output=json"))["items"]
        return found

    def ready(self, selector: str) -> set[str]:
        """What Kubernetes says of the readiness of each of the pods."""
        conditions = [found for pod in self.items("pods", selector) for found in pod["status"]["conditions"]]
        return {found["status"] for found in conditions if found["type"] == "Ready"}

    def wait(self, condition: str, *what: str) -> None:
        """Wait until all of it is in this condition; fails with the pods and events there are."""
        try:
            self("wait", f"--for={condition}", f"--timeout={DEADLINE_S}s", *what)
        except AssertionError as late:
            late.add_note(self("get", "pods,jobs") + self("get", "events", EVENTS))
            raise

    @contextmanager
    def forwarded(self, what: str, port: int) -> Iterator[str]:
        """The base URL under which the port is reached from here."""
        command = ["kubectl", "--namespace", self.name, "port-forward", what, f":{port}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as forwarder:
            deadline = Timer(DEADLINE_S, forwarder.kill)
            deadline.start()
            try:
                said = forwarder.stdout.readline() if forwarder.stdout else ""
                address = FORWARDED.match(said)
                assert address, f"kubectl port-forward {what} {port}: {said}"
                yield f"http://{address[1]}"
            finally:
                deadline.cancel()
                forwarder.kill()


@contextmanager
def namespace() -> Iterator[Namespace]:
    """A namespace that goes after the block, with whatever came to be in it."""
    name = f"calcio-test-{secrets.token_hex(4)}"
    try:
        yield Namespace(name)
    finally:
        kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false")
