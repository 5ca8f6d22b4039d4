"""The pipelines keep Tekton's rules, and their steps those of a cluster that trusts nobody."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from tests.manifests.rendering import KUSTOMIZE, Object, Renderer, of_kind
from tests.manifests.tekton import pipeline, run, task

PIPELINE = KUSTOMIZE / "pipeline"
RUNS = sorted((PIPELINE / "examples").glob("*.yaml"))
EXPECTED = [
    "clone",
    "test",
    "build",
    "clone",
    "plan",
    "approve",
    "migrate",
    "roll-out",
    "verify",
    "finish",
    "report",
]


@pytest.fixture(params=["base", "kubernetes", "openshift"])
def objects(request: pytest.FixtureRequest, renderer: Renderer) -> list[Object]:
    return renderer.objects(PIPELINE / str(request.param))


def by_name(objects: list[Object], kind: str) -> dict[str, Object]:
    return {found["metadata"]["name"]: found for found in of_kind(objects, kind)}


def complaints(objects: list[Object], runs: list[Object]) -> Iterator[str]:
    tasks, pipelines = by_name(objects, "Task"), by_name(objects, "Pipeline")
    for found in tasks.values():
        yield from task.complaints(found)
    for found in pipelines.values():
        yield from pipeline.complaints(found, tasks)
    for found in runs:
        yield from run.complaints(found, pipelines, set(by_name(objects, "ServiceAccount")))


def runs() -> list[Object]:
    return [yaml.safe_load(path.read_text()) for path in RUNS]


def test_the_pipelines_keep_the_rules_of_tekton(objects: list[Object]) -> None:
    """What refers to something refers to what is declared, types fit, names are names, and tasks have an order."""
    assert list(complaints(objects, runs())) == []


def test_the_pipelines_go_the_whole_way(objects: list[Object]) -> None:
    """From the clone to the contract, each stage once, and the images are built in a Pipeline of their own."""
    specs = [found["spec"] for found in by_name(objects, "Pipeline").values()]
    assert [
        stage["name"] for spec in specs for stage in [*spec["tasks"], *spec.get("finally", [])]
    ] == EXPECTED


def test_every_step_but_the_builder_is_restricted(objects: list[Object]) -> None:
    """PodSecurity `restricted` admits them, and the builder asks for no more than it names."""
    found = {name: list(task.unrestricted(found)) for name, found in by_name(objects, "Task").items()}
    builder = found.pop("calcio-build")
    assert {name: fields for name, fields in found.items() if fields} == {}
    assert [field.removeprefix("build: ") for field in builder] == [
        "runAsNonRoot",
        "runAsUser",
        "allowPrivilegeEscalation",
        "capabilities",
        "seccompProfile",
    ]


def test_whoever_builds_has_no_right_in_the_cluster(objects: list[Object]) -> None:
    """The tests and the build of a commit run with an account that has no token."""
    account = by_name(objects, "ServiceAccount")["calcio-build"]
    assert account["automountServiceAccountToken"] is False
    accounts = {found["spec"]["pipelineRef"]["name"]: found["spec"]["taskRunTemplate"] for found in runs()}
    assert accounts["calcio-build"]["serviceAccountName"] == "calcio-build"


def test_scripts_are_short_and_stop_at_the_first_failure(objects: list[Object]) -> None:
    """What a step does stands in scripts/, and a step only calls it."""
    for found in by_name(objects, "Task").values():
        for step in found["spec"]["steps"]:
            assert step["script"].startswith("#!/bin/sh -e\n")
            assert step["script"].count("\n") <= 25


@pytest.mark.parametrize("overlay", ["kubernetes", "openshift"])
def test_no_image_is_left_without_a_registry(renderer: Renderer, overlay: str) -> None:
    """Each step's image can be pulled by the name that the overlay gives it; python's is on every default registry."""
    tasks = by_name(renderer.objects(PIPELINE / overlay), "Task").values()
    images = {step["image"] for found in tasks for step in found["spec"]["steps"]}
    assert {image for image in images if "/" not in image} == {"python:3.13-slim"}


def spoil(objects: list[Object], kind: str, name: str) -> dict[str, Any]:
    spec = by_name(objects, kind)[name]["spec"]
    assert isinstance(spec, dict)
    return spec


SPOILT: dict[str, Callable[[list[Object]], object]] = {
    "params.nobody is not declared": lambda found: spoil(found, "Task", "calcio-plan")["steps"][0][
        "env"
    ].append({"name": "X", "value": "$(params.nobody)"}),
    "writes a parameter into its script": lambda found: spoil(found, "Task", "calcio-plan")["steps"][
        0
    ].update(script="echo $(params.release)"),
    "results.pending.path is not used": lambda found: spoil(found, "Task", "calcio-plan")["steps"][0].update(
        script="true"
    ),
    "result Pen ding is no name": lambda found: spoil(found, "Task", "calcio-plan")["results"][0].update(
        name="Pen ding"
    ),
    "parameter release has no type": lambda found: spoil(found, "Task", "calcio-plan")["params"][0].pop(
        "type"
    ),
    "stands elsewhere than alone": lambda found: spoil(found, "Task", "calcio-build")["steps"][0].update(
        args=["to $(params.registries[*])"]
    ),
    "migrate: there is no such Task": lambda found: spoil(found, "Pipeline", "calcio-release")["tasks"][
        3
    ].update(taskRef={"name": "calcio-migrat"}),
    "plan: parameter release is not given": lambda found: spoil(found, "Pipeline", "calcio-release")["tasks"][
        1
    ].update(params=[]),
    "plan: the Task has no parameter relaese": lambda found: spoil(found, "Pipeline", "calcio-release")[
        "tasks"
    ][1]["params"].append({"name": "relaese", "value": "v1"}),
    "parameter registries is of another type": lambda found: spoil(found, "Pipeline", "calcio-build")[
        "tasks"
    ][2]["params"][1].update(value="one"),
    "tasks.plan.results.digset is not declared": lambda found: spoil(found, "Pipeline", "calcio-release")[
        "results"
    ].append({"name": "x", "value": "$(tasks.plan.results.digset)"}),
    "workspace source is not bound": lambda found: spoil(found, "Pipeline", "calcio-release")["tasks"][4].pop(
        "workspaces"
    ),
    "plan after": lambda found: spoil(found, "Pipeline", "calcio-release")["tasks"][1].update(
        runAfter=["verify"]
    ),
    "nothing is called cloning": lambda found: spoil(found, "Pipeline", "calcio-release")["tasks"][1].update(
        runAfter=["cloning"]
    ),
    "`when` is no expression": lambda found: spoil(found, "Pipeline", "calcio-release")["tasks"][6]["when"][
        0
    ].update(operator="is"),
    "its tasks may take longer": lambda found: spoil(found, "Pipeline", "calcio-release")["tasks"][3].update(
        timeout="9h0m0s"
    ),
    "the Pipeline has no parameter release": lambda found: spoil(found, "Pipeline", "calcio-build")[
        "params"
    ].pop(2),
    "other workspaces than the Pipeline's": lambda found: spoil(found, "Pipeline", "calcio-build")[
        "workspaces"
    ].append({"name": "cache"}),
    "is no DNS label": lambda found: spoil(found, "Pipeline", "calcio-build")["tasks"][2].update(
        name="Build"
    ),
}


@pytest.mark.parametrize("complaint", SPOILT)
def test_a_broken_rule_is_found(renderer: Renderer, complaint: str) -> None:
    """Each rule complains of what breaks it, by name."""
    objects = copy.deepcopy(renderer.objects(PIPELINE / "base"))
    SPOILT[complaint](objects)
    assert [found for found in complaints(objects, runs()) if complaint in found]
