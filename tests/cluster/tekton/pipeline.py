"""A run of a Pipeline: its tasks in order, results handed on, the final ones however it ended."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any

from tests.cluster.kubectl import Namespace
from tests.cluster.tekton import step
from tests.manifests.tekton.pipeline import before

CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


@dataclass
class Run:
    """What became of each task, in the order in which they ran."""

    tasks: dict[str, step.Ended] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def codes(self) -> dict[str, int]:
        return {name: ended.code for name, ended in self.tasks.items()}

    def result(self, task: str, name: str) -> str:
        ended = self.tasks[task]
        assert name in ended.results, ended
        return ended.results[name]


@dataclass(frozen=True)
class Tekton:
    """A namespace with Tasks and Pipelines, as they were rendered, and the account that runs them."""

    place: Namespace
    objects: list[dict[str, Any]]
    account: str

    def find(self, kind: str, name: str) -> dict[str, Any]:
        (found,) = [
            item["spec"] for item in self.objects if item["kind"] == kind and item["metadata"]["name"] == name
        ]
        assert isinstance(found, dict)
        return found

    def run(self, pipeline: str, **params: str) -> Run:
        """Run the Pipeline on a volume of its own."""
        spec, name = self.find("Pipeline", pipeline), step.named(pipeline)
        self.place("create", "--filename=-", given=json.dumps({**CLAIM, "metadata": {"name": name}}))
        given = {param["name"]: param.get("default") for param in spec["params"]}
        given |= {key.replace("_", "-"): value for key, value in params.items()}
        made = Run(values={f"params.{key}": value for key, value in given.items()})
        tasks = {task["name"]: task for task in spec["tasks"]}
        for next_ in TopologicalSorter(before(spec["tasks"])).static_order():
            if _wanted(tasks[next_], made) and not self._task(tasks[next_], name, made):
                break
        for task in spec.get("finally", []):
            self._task(task, name, made)
        return made

    def _task(self, task: Mapping[str, Any], claim: str, made: Run) -> bool:
        params = {param["name"]: step.substituted(param["value"], made.values) for param in task["params"]}
        of_task = {"spec": self.find("Task", task["taskRef"]["name"])}
        claims = {space["name"]: claim for space in task["workspaces"]}
        pod = step.pod(of_task, step.named(task["name"]), self.account, params, claims)
        ended = made.tasks[task["name"]] = step.run(self.place, pod)
        made.values |= {f"tasks.{task['name']}.results.{key}": value for key, value in ended.results.items()}
        return ended.code == 0


def _wanted(task: Mapping[str, Any], made: Run) -> bool:
    return all(
        (step.substituted(when["input"], made.values) in when["values"]) is (when["operator"] == "in")
        for when in task.get("when", [])
    )
