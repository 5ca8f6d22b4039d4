"""What kills parts of a live system: an eviction, a killed server, a killed Job."""

import json
import random
import time
from functools import partial

from tests.cluster.rehearsal.stage import Stage
from tests.eventually import eventually

DATABASE = "calcio-postgres-0"
POD_S = 3.0  # a pod of a Job with little to do lives about as long, its container's start included
AGAIN_S = 120


def kill_job(live: Stage, component: str, release: str, within_s: float = POD_S) -> None:
    """Kill the Job's pod at a random moment of its life, as short as that is; another pod takes its place."""
    pod = eventually(partial(alive, live, component, release), AGAIN_S)
    time.sleep(random.uniform(0, within_s))  # noqa: S311 - it keeps no secret
    live.mark("kill the Job's pod")
    live.place("delete", "pod", pod, "--grace-period=0", "--force", "--ignore-not-found")


def alive(live: Stage, component: str, release: str) -> str:
    """The Job's pod that has not ended and was not told to; none is ''."""
    # One that runs for less than a second may never be seen running.
    pods = [pod for pod in live.pods(component, release) if pod["status"]["phase"] in {"Pending", "Running"}]
    names = [str(pod["metadata"]["name"]) for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    return names[0] if names else ""


def kill_database(live: Stage) -> None:
    """Kill the server as a crash does, and wait until Kubernetes has started it again."""
    began = time.time()
    live.mark("kill PostgreSQL")
    live.place("exec", DATABASE, "--", "sh", "-c", "kill -QUIT 1")
    live.place.wait("condition=Ready=False", f"pod/{DATABASE}")
    live.place.wait("condition=Ready", f"pod/{DATABASE}")
    live.mark("PostgreSQL is back")
    live.record.away.append((began, time.time()))


def evict_all(live: Stage, release: str) -> None:
    """Evict each pod of the release's service, as a node's drain does: again and again, while the budget says no."""
    for pod in live.pods("service", release):
        eventually(partial(evicted, live, pod["metadata"]["name"]), AGAIN_S)


def evicted(live: Stage, pod: str) -> bool:
    """Whether the pod could be evicted now."""
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod, "namespace": live.place.name},
    }
    path = f"/api/v1/namespaces/{live.place.name}/pods/{pod}/eviction"
    try:
        live.place("create", f"--raw={path}", "--filename=-", given=json.dumps(eviction))
    except AssertionError as refused:
        if "disruption budget" not in str(refused):
            raise
        return False
    live.mark(f"evict {pod}")
    return True
