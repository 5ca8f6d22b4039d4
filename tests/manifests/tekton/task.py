"""What Tekton, or a cluster under PodSecurity `restricted`, would have against a Task."""

from collections.abc import Iterator
from typing import Any

from tests.manifests.rendering import Object
from tests.manifests.tekton.interface import declared
from tests.manifests.tekton.references import DNS_LABEL, PARAMETER, RESULT, TYPES, references, whole_array

CONTEXT = {"context.taskRun.name", "context.task.name", "context.taskRun.uid"}


def complaints(task: Object) -> Iterator[str]:
    spec = task["spec"]
    if task["apiVersion"] != "tekton.dev/v1":
        yield "another API than v1"
    yield from _names(spec)
    known = _known(spec)
    used = set()
    for step in spec["steps"]:
        if not DNS_LABEL.fullmatch(step["name"]):
            yield f"step {step['name']} is no DNS label"
        if any(reference.startswith("params.") for reference in references(step.get("script", ""))):
            yield f"step {step['name']} writes a parameter into its script"
        found = set(references(step)) | set(references(spec.get("stepTemplate", {})))
        yield from (f"{reference} is not declared" for reference in found - known)
        yield from _arrays(step, declared(spec).params)
        used |= found
    idle = {name for name in known - CONTEXT - used if f"{name}[*]" not in used}
    yield from (f"{name} is not used" for name in idle if not name.endswith("[*]"))


def _names(spec: dict[str, Any]) -> Iterator[str]:
    params, results = spec.get("params", []), spec.get("results", [])
    for kind, rule, found in (("parameter", PARAMETER, params), ("result", RESULT, results)):
        names = [item["name"] for item in found]
        yield from (f"{kind} {name} is no name" for name in names if not rule.fullmatch(name))
        yield from (f"{kind} {name} is there twice" for name in {*names} if names.count(name) > 1)
        yield from (f"{kind} {item['name']} has no type" for item in found if item.get("type") not in TYPES)


def _known(spec: dict[str, Any]) -> set[str]:
    interface = declared(spec)
    return {
        *(f"params.{name}" for name, type_ in interface.params.items() if type_ == "string"),
        *(f"params.{name}[*]" for name, type_ in interface.params.items() if type_ == "array"),
        *(f"results.{name}.path" for name in interface.results),
        *(f"workspaces.{space['name']}.path" for space in spec.get("workspaces", [])),
        *CONTEXT,
    }


def _arrays(step: dict[str, Any], params: dict[str, str]) -> Iterator[str]:
    """A whole array may only be an item of its own among arguments."""
    arguments = [whole_array([item]) for item in [*step.get("command", []), *step.get("args", [])]]
    for name in (name for name, type_ in params.items() if type_ == "array"):
        uses = [reference for reference in references(step) if reference == f"params.{name}[*]"]
        if len(uses) != arguments.count(name):
            yield f"params.{name}[*] stands elsewhere than alone among arguments"


def unrestricted(task: Object) -> Iterator[str]:
    """What of each step PodSecurity `restricted` refuses, as `step: field`."""
    template = task["spec"].get("stepTemplate", {}).get("securityContext", {})
    for step in task["spec"]["steps"]:
        context = {**template, **step.get("securityContext", {})}
        expected = {
            "runAsNonRoot": context.get("runAsNonRoot") is True,
            "runAsUser": context.get("runAsUser") != 0,
            "allowPrivilegeEscalation": context.get("allowPrivilegeEscalation") is False,
            "capabilities": context.get("capabilities") == {"drop": ["ALL"]},
            "seccompProfile": context.get("seccompProfile") == {"type": "RuntimeDefault"},
        }
        yield from (f"{step['name']}: {field}" for field, met in expected.items() if not met)
