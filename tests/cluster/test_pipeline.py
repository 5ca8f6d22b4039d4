"""The pipeline's steps on a real cluster, restricted and with the role `edit`: what they say, pass on, and end with."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from db.contract import lockfile
from db.contract.refusal import ExitCode
from tests.cluster.desk import Desk, desk
from tests.cluster.images import run
from tests.cluster.kubectl import Namespace, kubectl, namespace
from tests.cluster.overlay import ROOT
from tests.cluster.rehearsal.stage import LEASE
from tests.cluster.tekton import image, repository
from tests.cluster.tekton.pipeline import Run, Tekton

ACCOUNT = "calcio-release"
ANOTHER_PLAN = "0123456789ab"
FINISH = """
namespace: {namespace}
resources: [../../../base]
components:
  - ../../../components/finish-on-purpose
  - ../../../components/run-on-kubernetes
  - ../../../components/use-local-images
  - ../../../components/release
configMapGenerator:
  - {{name: calcio-migrate, behavior: merge, envs: [release.env], literals: [{settings}]}}
"""


@dataclass(frozen=True)
class Story:
    """How each run ended, and what was there then."""

    commit: str
    unapproved: Run
    jobs_then: str
    released: Run
    jobs_at_last: str
    failed: Run
    ready_then: str


def give_database(at: Desk) -> None:
    """Let the namespace have the database and the passwords, as an operator would, and not the pipeline."""
    objects = list(yaml.safe_load_all(at.overlay.rendered()))
    theirs = [
        found
        for found in objects
        if found["metadata"]["name"].startswith(("calcio-postgres", "calcio-passwords"))
    ]
    at.place.apply(yaml.safe_dump_all(theirs))
    at.place.wait("condition=Complete", "jobs", "--selector=app.kubernetes.io/name=calcio-passwords")


def arrange(at: Desk) -> None:
    """An environment as in production: no database of its own, finished on purpose."""
    for workload in ("calcio-migrate", "calcio-service"):
        at.overlay.setting(workload, LEASE)
    for component in ("provide-postgres", "finish-automatically"):
        at.overlay.use(component, wanted=False)
    at.overlay.change("kustomization.yaml", r"(?m)^- namespace.yaml\n", "")
    settings = ", ".join(f"{name}={value}" for name, value in LEASE.items())
    (at.overlay.folder / "finish").mkdir()
    (at.overlay.folder / "finish/kustomization.yaml").write_text(
        FINISH.format(namespace=at.place.name, settings=settings)
    )
    (at.overlay.folder / "finish/release.env").write_text("RELEASE=never\n")


def tekton(place: Namespace, scratch: Path) -> Tekton:
    """The rendered pipelines, with an image that this cluster has; the Tasks' account may edit nothing yet."""
    overlay = {
        "resources": ["../base"],
        "images": [
            {"name": name, "newName": image.IMAGE.split(":")[0], "newTag": image.IMAGE.split(":")[1]}
            for name in ("git", "oc")
        ],
    }
    run("cp", "-r", str(ROOT / "kustomize/pipeline"), str(scratch))
    (scratch / "pipeline/tests").mkdir()
    (scratch / "pipeline/tests/kustomization.yaml").write_text(yaml.safe_dump(overlay))
    objects = list(yaml.safe_load_all(kubectl("kustomize", str(scratch / "pipeline/tests"))))
    place.apply(yaml.safe_dump_all([found for found in objects if found["kind"] == "ServiceAccount"]))
    return Tekton(place, objects, ACCOUNT)


@pytest.fixture(scope="module")
def story(release: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A plan that was not approved, the same plan approved to the end, and a migration that fails."""
    image.bring(tmp_path_factory.mktemp("image"))
    with desk(tmp_path_factory.mktemp("desk"), release) as at, namespace() as place:
        kubectl("create", "namespace", place.name)
        kubectl("label", "namespace", place.name, "pod-security.kubernetes.io/enforce=restricted")
        give_database(at)
        arrange(at)
        commit = repository.commit(at.overlay.root, "main")
        at.overlay.setting("calcio-migrate", {"CALCIO_APP_ROLE": "nobody_here"})
        repository.commit(at.overlay.root, "failing")
        repository.serve(at.overlay.root, place)
        cluster = tekton(place, tmp_path_factory.mktemp("pipeline"))
        account = f"--serviceaccount={place.name}:{ACCOUNT}"
        at.place("create", "rolebinding", "pipeline", "--clusterrole=edit", account)

        def released(revision: str, **params: str) -> Run:
            return cluster.run(
                "calcio-release",
                url=repository.URL,
                revision=revision,
                release=release,
                environment="dev",
                **params,
            )

        unapproved = released("main", approval="required", approved_plan=ANOTHER_PLAN)
        jobs_then = at.place("get", "jobs", "--output=name")
        digest = unapproved.result("plan", "digest")
        yield Story(
            commit=commit,
            unapproved=unapproved,
            jobs_then=jobs_then,
            released=released("main", approval="required", approved_plan=digest, finish="yes"),
            jobs_at_last=at.place("get", "jobs", "--output=name"),
            failed=released("failing"),
            ready_then=at.place(
                "get", "deployment/calcio-service", "--output=jsonpath={.status.readyReplicas}"
            ),
        )


def test_what_was_cloned_is_said(story: Story) -> None:
    """The commit and its time come from the repository, for whoever builds."""
    assert story.released.result("clone", "COMMIT") == story.commit
    assert int(story.released.result("clone", "COMMITTER_DATE")) > 0


def test_the_plan_is_in_the_log_and_its_digest_in_a_result(story: Story) -> None:
    """Whoever approves reads each statement, and passes on a digest; the pending revisions are a result as well."""
    planned = story.unapproved.tasks["plan"]
    assert planned.code == 0, planned
    assert planned.results["pending"] == "yes"
    assert f"--approved {planned.results['digest']}" in planned.log
    assert "CREATE TABLE" in planned.log
    revisions = [line.split()[0] for line in planned.results["steps"].splitlines()]
    assert revisions == [entry.revision.revision for entry in lockfile.read_entries()]


def test_another_plan_than_the_approved_one_ends_before_the_migration(story: Story) -> None:
    """The run ends with 85, says which digest there is, and no Job has been made; the final task runs all the same."""
    assert list(story.unapproved.tasks) == ["clone", "plan", "approve", "report"]
    approve = story.unapproved.tasks["approve"]
    assert approve.code == ExitCode.OTHER_PLAN, approve
    assert f"approved-plan={story.unapproved.result('plan', 'digest')}" in approve.log
    assert "calcio-migrate" not in story.jobs_then


def test_an_approved_plan_goes_the_whole_way(story: Story) -> None:
    """Each task ends with 0, and the Jobs' outcomes are results."""
    assert set(story.released.codes().values()) == {0}, story.released
    assert list(story.released.tasks)[2:] == ["approve", "migrate", "roll-out", "verify", "finish", "report"]
    for task in ("migrate", "finish"):
        outcome = json.loads(story.released.result(task, "outcome"))
        assert (outcome["outcome"], outcome["code"]) == ("applied", 0)
    assert "calcio-finish" in story.jobs_at_last


def test_a_failed_migration_leaves_its_outcome_and_its_code(story: Story) -> None:
    """The step ends with the migration's code, the result says the same, nothing follows, and the old pods serve."""
    assert list(story.failed.tasks) == ["clone", "plan", "approve", "migrate", "report"]
    migrate = story.failed.tasks["migrate"]
    assert migrate.code == ExitCode.CONFIGURATION, migrate
    assert json.loads(migrate.results["outcome"])["code"] == ExitCode.CONFIGURATION
    assert story.ready_then == "2"
