"""What Tekton would have against a Pipeline."""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

from tests.manifests.rendering import Object
from tests.manifests.tekton.interface import Interface, declared, offered
from tests.manifests.tekton.references import DNS_LABEL, references, whole_array


def complaints(pipeline: Object, tasks: dict[str, Object]) -> Iterator[str]:
    spec, own = pipeline["spec"], declared(pipeline["spec"])
    if pipeline["apiVersion"] != "tekton.dev/v1":
        yield "another API than v1"
    everything = [*spec["tasks"], *spec.get("finally", [])]
    names = [task["name"] for task in everything]
    yield from (f"{name} is no DNS label" for name in names if not DNS_LABEL.fullmatch(name))
    yield from (f"{name} is there twice" for name in {*names} if names.count(name) > 1)
    offers = {task["name"]: offered(task["taskRef"], tasks) for task in everything}
    known = {f"params.{name}" for name, type_ in own.params.items() if type_ == "string"}
    known |= {f"params.{name}[*]" for name, type_ in own.params.items() if type_ == "array"}
    for task in spec["tasks"]:
        known |= {f"tasks.{task['name']}.results.{name}" for name in _results(offers[task["name"]])}
    for task in everything:
        where = task["name"]
        yield from (f"{where}: {name} is not declared" for name in {*references(task)} - known)
        yield from (f"{where}: {what}" for what in _task(task, offers[where], own))
    yield from (f"result {name} is not declared" for name in {*references(spec.get("results", []))} - known)
    yield from (
        f"{task['name']} is final and comes after something"
        for task in spec.get("finally", [])
        if "runAfter" in task
    )
    yield from disorder(spec["tasks"])


def _results(offer: Interface | None) -> set[str]:
    return offer.results if offer else set()


def _task(task: dict[str, Any], offer: Interface | None, own: Interface) -> Iterator[str]:
    if offer is None:
        yield "there is no such Task"
        return
    given = {param["name"]: param["value"] for param in task.get("params", [])}
    yield from (f"the Task has no parameter {name}" for name in given.keys() - offer.params.keys())
    yield from (f"parameter {name} is not given" for name in offer.required - given.keys())
    for name, value in given.items():
        if (array := whole_array(value)) and own.params.get(array) != "array":
            yield f"{array} is no array"
        if offer.params.get(name) not in {None, "array" if isinstance(value, list) else "string"}:
            yield f"parameter {name} is of another type"
    bound = {space["name"]: space.get("workspace", space["name"]) for space in task.get("workspaces", [])}
    yield from (f"workspace {name} is not bound" for name in offer.workspaces - bound.keys())
    yield from (f"the Pipeline has no workspace {name}" for name in {*bound.values()} - own.workspaces)
    for when in task.get("when", []):
        if when["operator"] not in {"in", "notin"} or not when["values"] or "input" not in when:
            yield "`when` is no expression"


def before(tasks: list[dict[str, Any]]) -> dict[str, set[str]]:
    """Of each task, those that end before it begins: named in runAfter, or by a result."""
    return {
        task["name"]: {*task.get("runAfter", [])}
        | {name.split(".")[1] for name in references(task) if name.startswith("tasks.")}
        for task in tasks
    }


def disorder(tasks: list[dict[str, Any]]) -> Iterator[str]:
    """Why the tasks cannot be done one after the other."""
    graph = before(tasks)
    strangers = set().union(*graph.values()) - graph.keys()
    yield from (f"nothing is called {name}, which something comes after" for name in strangers)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as cycle:
        yield f"{' after '.join(cycle.args[1])}"
