"""Notes when a pod becomes ready, unready or is told to leave, as `kubectl get --watch` says it."""

import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

from tests.cluster.kubectl import Namespace

LINE = (
    "{.metadata.name} {.metadata.labels.app\\.kubernetes\\.io/component}"
    " {.metadata.labels.app\\.kubernetes\\.io/version} {.status.phase}"
    ' {.status.conditions[?(@.type=="Ready")].status} {.metadata.deletionTimestamp}{"\\n"}'
)
OURS = "app.kubernetes.io/component in (database, finish, migrate, revert, service)"


@dataclass(frozen=True)
class Seen:
    """A pod at a moment."""

    at: float
    pod: str
    component: str
    release: str
    state: str  # waiting, ready, leaving, ended


@contextmanager
def watched(place: Namespace) -> Iterator[list[Seen]]:
    """What is seen of the pods, growing while the block runs."""
    seen: list[Seen] = []
    command = ["kubectl", "--namespace", place.name, "get", "pods", "--watch", f"--selector={OURS}"]
    with subprocess.Popen(
        [*command, f"--output=jsonpath={LINE}"], stdout=subprocess.PIPE, text=True
    ) as watcher:

        def note() -> None:
            for line in watcher.stdout or ():
                seen.append(read(line))  # noqa: PERF401 - one by one, as they come

        noting = threading.Thread(target=note)
        noting.start()
        try:
            yield seen
        finally:
            watcher.kill()
            noting.join()


def spans(seen: Sequence[Seen], until: float) -> Iterator[tuple[float, float, str]]:
    """From when to when a pod was in which state."""
    changes: list[tuple[float, str]] = []
    for one in seen:
        if not changes or changes[-1][1] != one.state:
            changes.append((one.at, one.state))
    for (begin, state), (end, _) in pairwise([*changes, (until, "")]):
        yield begin, end, state


def read(line: str) -> Seen:
    """A line of the watch; fields that are not there yet leave nothing between two blanks."""
    pod, component, release, phase, ready, leaving = line.rstrip("\n").split(" ")
    if phase in {"Succeeded", "Failed"}:
        state = "ended"
    elif leaving:
        state = "leaving"
    else:
        state = "ready" if ready == "True" else "waiting"
    return Seen(time.time(), pod, component, release, state)
