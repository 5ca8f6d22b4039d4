"""What Tekton would have against a run of a Pipeline."""

from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Any

from tests.manifests.rendering import Object
from tests.manifests.tekton.interface import declared
from tests.manifests.tekton.pipeline import before, disorder
from tests.manifests.tekton.references import references, seconds


def longest(pipeline: Object) -> int:
    """How many seconds a run may take at most: each task up to its timeout, one after the other."""
    tasks = {task["name"]: task for task in pipeline["spec"]["tasks"]}
    ends: dict[str, int] = {}
    graph = before(list(tasks.values()))
    for name in TopologicalSorter(graph).static_order():
        ends[name] = seconds(tasks[name]["timeout"]) + max((ends[other] for other in graph[name]), default=0)
    final = [seconds(task["timeout"]) for task in pipeline["spec"].get("finally", [])]
    return max(ends.values()) + max(final, default=0)


def complaints(run: Object, pipelines: Mapping[str, Object], accounts: set[str]) -> Iterator[str]:
    spec = run["spec"]
    if run["apiVersion"] != "tekton.dev/v1":
        yield "another API than v1"
    pipeline = pipelines.get(spec["pipelineRef"]["name"])
    if pipeline is None:
        yield "there is no such Pipeline"
        return
    own = declared(pipeline["spec"])
    given = {param["name"]: param["value"] for param in spec.get("params", [])}
    yield from (f"the Pipeline has no parameter {name}" for name in given.keys() - own.params.keys())
    yield from (f"parameter {name} is not given" for name in own.required - given.keys())
    for name, value in given.items():
        if own.params.get(name) not in {None, "array" if isinstance(value, list) else "string"}:
            yield f"parameter {name} is of another type"
    if {space["name"] for space in spec.get("workspaces", [])} != own.workspaces:
        yield "other workspaces than the Pipeline's"
    if spec["taskRunTemplate"]["serviceAccountName"] not in accounts:
        yield "there is no such account"
    if list(disorder(pipeline["spec"]["tasks"])):
        return
    if seconds(spec["timeouts"]["pipeline"]) < longest(skipping(pipeline, given)):
        yield "its tasks may take longer than it"


def skipping(pipeline: Object, given: Mapping[str, Any]) -> Object:
    """The Pipeline without the tasks whose `when` these parameters do not meet."""

    defaults = {param["name"]: param.get("default") for param in pipeline["spec"]["params"]}
    values = {f"params.{name}": value for name, value in {**defaults, **given}.items()}

    def met(when: dict[str, Any]) -> bool:
        (name,) = references(when["input"])
        return (values[name] in when["values"]) is (when["operator"] == "in")

    tasks = [task for task in pipeline["spec"]["tasks"] if all(map(met, task.get("when", [])))]
    return {**pipeline, "spec": {**pipeline["spec"], "tasks": tasks}}
