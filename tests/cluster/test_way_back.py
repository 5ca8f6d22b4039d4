"""The schema goes back and comes again, with a dump before, hooks around, and a gate beside another program."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from db.contract import lockfile
from db.contract.refusal import ExitCode
from tests.cluster import beside
from tests.cluster.beside import Application
from tests.cluster.desk import Desk, Ended, desk
from tests.cluster.images import bring_application
from tests.cluster.rehearsal.stage import LEASE
from tests.eventually import eventually

SECONDS = 300
REVERT = "--selector=app.kubernetes.io/component=revert"
CLEANUP = "--selector=app.kubernetes.io/component=cleanup"
LAST_REQUIRED = [entry.revision for entry in lockfile.read_entries() if entry.revision.required][-1]
COMPONENTS = ("prepare-and-clean-up", "back-up-before-migrating", "gate-with-sidecar")
INIT_CONTAINERS = {  # by label, how many there are: the node has the images, and no registry
    "app.kubernetes.io/component=migrate": 3,
    "app.kubernetes.io/component=cleanup": 1,
    "calcio.dev/gate=sidecar": 2,
}
HOOKS = {"prepare.py": "print('prepared')", "clean-up.py": "print('cleaned up')"}


@dataclass(frozen=True)
class Story:
    """What was said when."""

    deployed: Ended
    cleaned_up: str
    readers: Ended
    reverted: Ended
    behind: Application
    again: Ended
    ready: Application
    drilled: Ended


def arrange(at: Desk) -> None:
    """Let dev have the components, hooks, and an application of another kind."""
    for workload in ("calcio-migrate", "calcio-service"):
        at.overlay.setting(workload, LEASE)
    at.overlay.use("finish-automatically", wanted=False)
    for component in COMPONENTS:
        at.overlay.use(component)
    for selector, count in INIT_CONTAINERS.items():
        paths = [f"/spec/template/spec/initContainers/{number}/imagePullPolicy" for number in range(count)]
        patch: list[dict[str, object]] = [
            {"op": "replace", "path": path, "value": "IfNotPresent"} for path in paths
        ]
        at.overlay.patch(selector, *patch)
    write(at.overlay.folder, **HOOKS)
    shutil.copytree(beside.FOLDER, at.overlay.folder, dirs_exist_ok=True)
    at.overlay.change("kustomization.yaml", r"(?m)^resources:\n", "resources:\n- application.yaml\n")
    at.overlay.change(
        "kustomization.yaml",
        r"(?m)^configMapGenerator:\n",
        f"configMapGenerator:\n- {{name: calcio-hooks, files: [{', '.join(HOOKS)}]}}\n"
        "- {name: application, files: [server.pl]}\n",
    )


def arrange_the_way_back(at: Desk) -> None:
    """An overlay of its own, as in production."""
    folder = at.overlay.folder / "roll-back-schema"
    folder.mkdir()
    components = ["roll-back-schema", "run-on-kubernetes", "use-local-images", "release"]
    settings = [f"{name}={value}" for name, value in LEASE.items()]
    kustomization = {
        "namespace": at.place.name,
        "resources": ["../../../base"],
        "components": [f"../../../components/{component}" for component in components],
        "configMapGenerator": [
            {
                "name": "calcio-migrate",
                "behavior": "merge",
                "envs": ["release.env", "downgrade.env"],
                "literals": settings,
            }
        ],
    }
    write(
        folder,
        **{
            "kustomization.yaml": yaml.safe_dump(kustomization),
            "release.env": (at.overlay.folder / "release.env").read_text(),
            "downgrade.env": f"TO={LAST_REQUIRED.down_revisions[0]}\n",
        },
    )


def drill(at: Desk) -> Path:
    """The drill's own overlay."""
    folder = at.overlay.folder / "drill"
    folder.mkdir()
    kustomization = {
        "resources": ["../../../components/back-up-before-migrating/drill"],
        "components": ["../../../components/run-on-kubernetes"],
    }
    write(folder, **{"kustomization.yaml": yaml.safe_dump(kustomization)})
    return folder


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / name).write_text(text)


def revert(at: Desk) -> Ended:
    """Ask for the way back while the application serves alone; when it was in the way once, let it leave."""
    at.place("scale", "deployment/calcio-service", "--replicas=0")
    at.place.wait("delete", "pods", "--selector=app.kubernetes.io/name=calcio-service")
    with ThreadPoolExecutor() as pool:
        ends = pool.submit(at.run, "apply", "dev/roll-back-schema", "calcio-revert", SECONDS)
        eventually(
            lambda: ends.done() or at.place.items("pods", REVERT, "--field-selector=status.phase=Failed")
        )
        at.place("scale", "deployment/application", "--replicas=0")
        return ends.result()


@pytest.fixture(scope="module")
def story(release: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A first installation, a way back, and the same release once more."""
    bring_application(release)
    with desk(tmp_path_factory.mktemp("desk"), release) as at:
        arrange(at)
        arrange_the_way_back(at)
        deployed = at.run("deploy", "dev", SECONDS)
        assert deployed.code == 0, deployed
        at.place.wait("condition=Available", "deployment/application")
        at.place.wait("condition=Complete", "jobs", CLEANUP)
        cleaned_up = at.place("logs", CLEANUP)
        readers = at.run("ask", "dev", "readers")
        reverted = revert(at)
        behind = beside.look(at.place, "[-]schema behind")
        (at.overlay.folder / "release.env").write_text(f"RELEASE={release}\nATTEMPT=2\n")
        again = at.run("deploy", "dev", SECONDS)
        at.place.wait("condition=Available", "deployment/application")
        ready = beside.look(at.place, "[+]schema unfinished")
        at.place("apply", f"--kustomize={drill(at)}")
        drilled = at.run("follow-job", at.place.name, "calcio-drill", SECONDS)
        yield Story(deployed, cleaned_up, readers, reverted, behind, again, ready, drilled)


def test_hooks_run_before_and_after(story: Story) -> None:
    """The overlay's scripts run in the order of the migration: one before it, one when the schema is there."""
    assert story.deployed.code == 0, story.deployed
    said = story.deployed.out
    assert said.index("prepared") < said.index('"event": "step.begin"')
    assert story.cleaned_up == "cleaned up\n"


def test_the_gate_beside_another_program_is_a_reader(story: Story) -> None:
    """Its pod got ready after the migration, and the ledger knows it as one that contracts wait for."""
    assert "application-" in story.readers.out, story.readers


def test_the_way_back_waits_for_readers(story: Story) -> None:
    """While the application needed what was to go, 80 named it; when it had left, the same Job went on."""
    assert story.reverted.code == 0, story.reverted
    assert f"ended with {ExitCode.READERS}" in story.reverted.out
    assert "application-" in story.reverted.out
    assert f"took back {LAST_REQUIRED.revision}" in story.reverted.out


def test_an_application_gets_no_request_while_the_schema_is_behind(story: Story) -> None:
    """It runs, and would answer; its gate keeps its pod out of the Service."""
    assert story.behind.answer == LAST_REQUIRED.down_revisions[0]
    assert story.behind.receives == [False], story.behind


def test_an_application_gets_requests_when_the_schema_is_there(story: Story) -> None:
    """The same pod is in when the Job has applied all that its release relies on."""
    assert story.ready.answer == LAST_REQUIRED.revision
    assert story.ready.receives == [True], story.ready


def test_what_is_pending_is_dumped_first(story: Story) -> None:
    """Before the revision that was taken back is applied again, there is a dump."""
    assert story.again.code == 0, story.again
    said = story.again.out
    assert said.index("Backed up into /backups/") < said.index(f"upgrade {LAST_REQUIRED.revision}")


def test_the_newest_dump_can_be_restored(story: Story) -> None:
    """The drill's server has the schema of the moment before the migration."""
    assert story.drilled.code == 0, story.drilled
    assert f"restored, at revision {LAST_REQUIRED.down_revisions[0]}." in story.drilled.out
