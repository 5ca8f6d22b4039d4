"""What a Task offers to a Pipeline: parameters, results and workspaces."""

from dataclasses import dataclass, field
from typing import Any

from tests.manifests.rendering import Object


@dataclass(frozen=True)
class Interface:
    """Parameters by type, those among them that have no default, results, and workspaces that must be bound."""

    params: dict[str, str]
    required: set[str] = field(default_factory=set)
    results: set[str] = field(default_factory=set)
    workspaces: set[str] = field(default_factory=set)


def declared(spec: dict[str, Any]) -> Interface:
    """What the specification of a Task or of a Pipeline declares."""
    params = spec.get("params", [])
    return Interface(
        {param["name"]: param.get("type", "string") for param in params},
        {param["name"] for param in params if "default" not in param},
        {result["name"] for result in spec.get("results", [])},
        {space["name"] for space in spec.get("workspaces", []) if not space.get("optional")},
    )


# Of the Tasks that OpenShift Pipelines ships, what its catalogue says of those that are used here.
SHIPPED = {
    ("openshift-pipelines", "git-clone"): Interface(
        dict.fromkeys(
            ["URL", "REVISION", "DEPTH", "SUBMODULES", "SUBDIRECTORY", "DELETE_EXISTING"], "string"
        ),
        {"URL"},
        {"COMMIT", "URL", "COMMITTER_DATE"},
        {"output"},
    )
}


def offered(reference: dict[str, Any], tasks: dict[str, Object]) -> Interface | None:
    """What the Task that a Pipeline refers to offers, or None where there is no such Task."""
    if reference.get("resolver") == "cluster":
        wanted = {param["name"]: param["value"] for param in reference["params"]}
        if wanted.keys() != {"kind", "name", "namespace"} or wanted["kind"] != "task":
            return None
        return SHIPPED.get((wanted["namespace"], wanted["name"]))
    found = tasks.get(reference.get("name", ""))
    return declared(found["spec"]) if found else None
