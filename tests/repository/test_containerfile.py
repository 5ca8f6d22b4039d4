"""What the images are made of: each target has what its program imports, and the name that manifests use."""

import re
from itertools import accumulate

import grimp
import pytest
import yaml

from tests.repository.tree import ROOT, files, named

TEXT = (ROOT / "Containerfile").read_text()
TARGETS = set(re.findall(r"^FROM run AS (\w+)$", TEXT, re.MULTILINE))
PROGRAMS = {"migrate": "db.__main__", "service": "service.asgi", "gate": "service.gate.__main__"}
IMAGE = re.compile(r"\bcalcio-([a-z]+):RELEASE\b")


def copied(target: str) -> list[str]:
    """The paths of the repository that a target's build takes in."""
    stage = TEXT.partition(f"FROM build AS build-{target}\n")[2].partition("\nFROM ")[0].replace("\\\n", " ")
    return [
        path
        for line in re.findall(r"^COPY (db/.*|service/.*)$", stage, re.MULTILINE)
        for path in line.split()[:-1]
    ]


def needed(program: str) -> set[str]:
    """The files of the modules that a program imports, directly or not, and of the packages around them."""
    graph = grimp.build_graph("db", "service", cache_dir=None)
    names = {program, *graph.find_upstream_modules(program)}
    names |= {ancestor for name in names for ancestor in accumulate(name.split("."), "{}.{}".format)}
    paths = (ROOT.joinpath(*name.split(".")) for name in names)
    modules = (path / "__init__.py" if path.is_dir() else path.with_suffix(".py") for path in paths)
    return {named(path) for path in modules}


def test_the_targets_are_these() -> None:
    """Each target has a program, whose imports are looked after here."""
    assert set(PROGRAMS) == TARGETS


@pytest.mark.parametrize("target", PROGRAMS)
def test_an_image_gets_every_module_that_its_program_imports(target: str) -> None:
    """A module that was added reaches the image before the image is built without it."""
    paths = tuple(copied(target))
    assert paths
    assert {file for file in needed(PROGRAMS[target]) if not file.startswith(paths)} == set()


def test_the_gate_gets_nothing_else() -> None:
    """Beside the contract and the gate's own package, what it copies is what it imports."""
    single = {path for path in copied("gate") if path.endswith(".py")}
    assert single - needed(PROGRAMS["gate"]) == set()


def test_manifests_name_targets() -> None:
    """An image is called calcio-TARGET, in base, in components, and wherever scripts/build tags it."""
    manifests = (path.read_text() for path in files(ROOT / "kustomize") if path.suffix in {".yaml", ".md"})
    assert {name for text in manifests for name in IMAGE.findall(text)} == TARGETS
    built = re.search(r"^for image in ([a-z ]+); do$", (ROOT / "scripts/build").read_text(), re.MULTILINE)
    assert built
    assert set(built[1].split()) == TARGETS


@pytest.mark.parametrize("environment", ["prod", "staging"])
def test_an_overlay_pins_images_of_targets(environment: str) -> None:
    """Whom an overlay gives a registry to is an image that is built."""
    kustomization = yaml.safe_load(
        (ROOT / f"kustomize/overlays/{environment}/kustomization.yaml").read_text()
    )
    assert {image["name"].removeprefix("calcio-") for image in kustomization["images"]} <= TARGETS
