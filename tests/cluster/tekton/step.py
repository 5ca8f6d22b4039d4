"""A Task's step, as a pod: what Tekton makes of its parameters, results, workspaces and script."""

import base64
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.cluster.kubectl import Namespace

Values = Mapping[str, str | list[str]]

RESULTS_BYTES = 4096  # what the kubelet keeps of a container's last words, and Tekton has for all results
# The entrypoint that Tekton puts into a step runs it, and leaves its results as the container's last words.
ENTRYPOINT = """
code=0
"$@" || code=$?
cd /tekton/results
for name in *; do [ ! -f "$name" ] || echo "$name=$(base64 -w 0 "$name")"; done > /dev/termination-log
exit "$code"
"""
ENDED = "jsonpath={.status.containerStatuses[0].state.terminated}"


@dataclass(frozen=True)
class Ended:
    """How a Task ended."""

    code: int
    results: dict[str, str]
    log: str


def substituted(value: Any, values: Values) -> Any:
    """The value with each `$(…)` that is known; a whole array becomes items of the list that it stands in."""
    if isinstance(value, dict):
        return {key: substituted(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [found for item in value for found in _items(item, values)]
    if isinstance(value, str):
        return re.sub(r"\$\(([^()]+)\)", lambda found: str(values.get(found[1], found[0])), value)
    return value


def _items(item: Any, values: Values) -> list[Any]:
    whole = re.fullmatch(r"\$\(([^()]+)\[\*\]\)", item) if isinstance(item, str) else None
    if whole and isinstance(values.get(whole[1]), list):
        return list(values[whole[1]])
    return [substituted(item, values)]


def pod(
    task: Mapping[str, Any], name: str, account: str, params: Values, claims: Mapping[str, str]
) -> dict[str, Any]:
    """The pod of a Task with one step; `run` takes its script out again, for a ConfigMap of the same name."""
    spec = task["spec"]
    (written,) = spec["steps"]
    step = substituted(written, _known(spec, params, claims))
    volumes = [
        {"name": "scripts", "configMap": {"name": name, "defaultMode": 0o755}},
        {"name": "results", "emptyDir": {}},
        *({"name": claim, "persistentVolumeClaim": {"claimName": claim}} for claim in {*claims.values()}),
    ]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "restartPolicy": "Never",
            "serviceAccountName": account,
            "securityContext": {"fsGroup": 65532},
            "containers": [_container(step, spec.get("stepTemplate", {}), claims)],
            "volumes": volumes,
        },
        "script": step["script"],
    }


def _known(spec: Mapping[str, Any], params: Values, claims: Mapping[str, str]) -> dict[str, str | list[str]]:
    """What each `$(…)` of the Task stands for."""
    results = [result["name"] for result in spec.get("results", [])]
    return {
        **{f"params.{key}": value for key, value in params.items()},
        **{f"results.{result}.path": f"/tekton/results/{result}" for result in results},
        **{f"workspaces.{space}.path": f"/workspace/{space}" for space in claims},
    }


def _container(
    step: Mapping[str, Any], template: Mapping[str, Any], claims: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "name": f"step-{step['name']}",
        "image": step["image"],
        "command": ["sh", "-c", ENTRYPOINT, "sh", "/tekton/scripts/script", *step.get("args", [])],
        "workingDir": step["workingDir"],
        "env": [*template.get("env", []), *step.get("env", [])],
        "resources": step.get("computeResources", template.get("computeResources", {})),
        "securityContext": {**template.get("securityContext", {}), **step.get("securityContext", {})},
        "volumeMounts": [
            {"name": "scripts", "mountPath": "/tekton/scripts"},
            {"name": "results", "mountPath": "/tekton/results"},
            *({"name": claim, "mountPath": f"/workspace/{space}"} for space, claim in claims.items()),
        ],
    }


def run(place: Namespace, made: dict[str, Any]) -> Ended:
    """Let the pod run to its end; its results are what it left in files, all of them in 4096 bytes."""
    name = made["metadata"]["name"]
    place("create", "configmap", name, f"--from-literal=script={made.pop('script')}")
    place("create", "--filename=-", given=json.dumps(made))
    place.wait("jsonpath={.status.containerStatuses[0].state.terminated.exitCode}", f"pod/{name}")
    state = json.loads(place("get", f"pod/{name}", f"--output={ENDED}"))
    lines = [line.partition("=") for line in state.get("message", "").splitlines()]
    results = {key: base64.b64decode(text).decode() for key, _, text in lines}
    message = [{"key": key, "value": value, "type": 1} for key, value in results.items()]
    assert len(json.dumps(message)) < RESULTS_BYTES, message
    return Ended(state["exitCode"], results, place("logs", f"pod/{name}"))


def named(task: str) -> str:
    return f"{task}-{secrets.token_hex(3)}"
