"""RELEASE is one line, names what it releases, and stays a string whatever it looks like."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.manifests.rendering import ROOT, Object, Renderer, containers, named, of_kind

VERSION = "app.kubernetes.io/version"
LOOKALIKES = ["0123456", "1-4", "1234e56", "true", "null", "0x10", "2026-11-23", "1", "a" * 37]
REFUSED = ["", "1.4", "1_2_3", "v1 ", "V1", "-v1", "v1-", '"v1"', "a" * 38, "v1\nRELEASE=v2", "$(id)", "é"]


def release(tree: Path, text: str) -> Path:
    (tree / "kustomize/overlays/dev/release.env").write_text(text)
    return tree / "kustomize/overlays/dev"


def script(tree: Path, *arguments: str, name: str = "render") -> subprocess.CompletedProcess[str]:
    command = [str(tree / "scripts" / name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def job(objects: list[Object]) -> str:
    name = named(objects, "Job", "calcio-migrate")["metadata"]["name"]
    assert isinstance(name, str)
    return name


@pytest.mark.parametrize("text", [*LOOKALIKES, "1.4", "1_2_3"])
def test_a_release_stays_a_string(tree: Path, renderer: Renderer, text: str) -> None:
    """Digits, booleans and dates reach labels, tags, annotations and settings as they were written."""
    objects = renderer.objects(release(tree, f"RELEASE={text}\n"))
    service = named(objects, "Deployment", "calcio-service")
    assert service["metadata"]["annotations"]["kubernetes.io/change-cause"] == text
    for found in of_kind(objects, "Job", "Deployment"):
        assert found["metadata"]["labels"].get(VERSION, text) == text
        assert found["spec"]["template"]["metadata"]["labels"].get(VERSION, text) == text
        assert containers(found["spec"]["template"]["spec"])[0]["image"].split(":") == [
            "calcio-service" if found is service else "calcio-migrate",
            text,
        ]
    for name in ["calcio-migrate", "calcio-finish"]:
        assert named(objects, "ConfigMap", name)["data"]["RELEASE"] == text
        assert re.fullmatch(
            rf"{name}-{re.escape(text)}-[a-z0-9]{{10}}", named(objects, "Job", name)["metadata"]["name"]
        )


@pytest.mark.parametrize("text", LOOKALIKES)
def test_the_script_renders_a_release(tree: Path, text: str) -> None:
    """A release that Kubernetes takes for a label and a name is rendered."""
    release(tree, f"# the one line of a release\nRELEASE={text}\nATTEMPT=2\n")
    done = script(tree, "dev")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"image: calcio-migrate:{text}\n" in done.stdout


@pytest.mark.parametrize("text", [*(f"RELEASE={text}\n" for text in REFUSED), "RELEASE\n", "", "# v1\n"])
def test_the_script_refuses_what_is_no_release(tree: Path, text: str) -> None:
    """One sentence names the file and shows a good line; nothing is rendered."""
    release(tree, text)
    done = script(tree, "dev")
    assert (done.returncode, done.stdout) == (78, "")
    assert done.stderr.startswith("kustomize/overlays/dev/release.env: ")
    assert "RELEASE=v1-4-0" in done.stderr


def test_the_script_refuses_an_environment_that_is_none(tree: Path) -> None:
    """A typo in the environment's name is answered with the file that is missing."""
    done = script(tree, "stagign")
    assert (done.returncode, done.stdout) == (78, "")
    assert done.stderr.startswith("kustomize/overlays/stagign/release.env: not found")


NO_RELEASE = {"empty": "RELEASE=\n", "missing": None}
ASKED = ["deploy dev", "finish dev", "ask dev status", "apply dev calcio 9"]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [*((asked, found) for asked in ASKED for found in NO_RELEASE), ("rollback dev v1", "missing")],
)
def test_no_script_goes_on_without_a_release(tree: Path, arguments: str, found: str) -> None:
    """Whatever is asked of an environment ends at once with the file that says no release; no cluster is asked."""
    shutil.copytree(ROOT / "scripts", tree / "scripts", dirs_exist_ok=True)
    text = NO_RELEASE[found]
    file = release(tree, text or "") / "release.env"
    if text is None:
        file.unlink()
    name, *rest = arguments.split()
    done = script(tree, *rest, name=name)
    assert done.returncode == 78
    assert done.stderr.startswith("kustomize/overlays/dev/release.env: ")


def test_the_script_renders_development_by_default(tree: Path, renderer: Renderer) -> None:
    """Without an argument the developer's environment is meant, and it is kustomize's own output."""
    assert script(tree).stdout == renderer.text(tree / "kustomize/overlays/dev")


def test_another_release_or_setting_or_attempt_is_another_job(tree: Path, renderer: Renderer) -> None:
    """A Job can't be changed, so whatever would change it changes its name; the same again does not."""
    texts = ["RELEASE=v1\n", "RELEASE=v2\n", "RELEASE=v1\nATTEMPT=2\n", "RELEASE=v1\n"]
    names = [job(renderer.objects(release(tree, text))) for text in texts]
    lease = tree / "kustomize/base/lease.env"
    lease.write_text(lease.read_text().replace("LEASE_S=120", "LEASE_S=180"))
    names.append(job(renderer.objects(tree / "kustomize/overlays/dev")))
    assert names[0] == names[3]
    assert len(set(names)) == 4


def test_a_release_changes_only_what_it_releases(tree: Path, renderer: Renderer) -> None:
    """Editing the one line touches the Jobs, their settings and the Deployment, and nothing else."""
    before = renderer.objects(release(tree, "RELEASE=v1\n"))
    after = renderer.objects(release(tree, "RELEASE=v2\n"))
    changed = {found["kind"] for found in after if found not in before}
    assert changed == {"ConfigMap", "Deployment", "Job"}
    assert [
        found["metadata"]["labels"]["app.kubernetes.io/name"]
        for found in of_kind(after, "StatefulSet", "Service")
        if found in before
    ] == ["calcio-postgres", "calcio-service", "calcio-postgres"]
