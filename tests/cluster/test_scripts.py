"""A release from its deployment to its end, by the scripts alone: each says what happened, and ends with it."""

import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from db.contract.refusal import ExitCode
from tests.cluster.desk import Desk, Ended, desk
from tests.cluster.images import run
from tests.cluster.rehearsal.stage import LEASE
from tests.image.engine import find_engine

SECONDS = 300
PASSED = 124
NEWER = "cluster-tests-newer"
NEVER_BUILT: dict[str, object] = {
    "op": "replace",
    "path": "/spec/template/spec/containers/0/image",
    "value": "calcio-never-built:1",
}

NOT_MADE: dict[str, object] = {
    "op": "replace",
    "path": "/spec/template/spec/volumes/0/secret/secretName",
    "value": "calcio-not-made",
}


@dataclass(frozen=True)
class Story:
    """How each script ended, and what was there then."""

    deployed: Ended
    again: Ended
    failed: Ended
    ready_then: str
    blocked: Ended
    no_secret: Ended
    newer: Ended
    back: Ended
    image_then: str
    release_then: str
    finished: Ended


def tag(release: str) -> None:
    """Let the cluster have the release under a newer name as well."""
    images = [(f"calcio-{image}:{release}", f"calcio-{image}:{NEWER}") for image in ("migrate", "service")]
    if engine := find_engine():
        for old, new in images:
            engine("tag", old, new)
    if load := os.environ.get("CALCIO_LOAD_IMAGES"):
        run(*shlex.split(load), *(new for _, new in images))


def asked(at: Desk, path: str) -> str:
    """What the Deployment has there."""
    return at.place("get", "deployment/calcio-service", f"--output=jsonpath={path}")


@pytest.fixture(scope="module")
def story(release: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Everything, once: each chapter begins where the one before it left the system."""
    tag(release)
    with desk(tmp_path_factory.mktemp("desk"), release) as at:
        for workload in ("calcio-migrate", "calcio-service"):
            at.overlay.setting(workload, LEASE)
        deployed, again = (at.run("deploy", "dev", SECONDS) for _ in range(2))
        with at.trying() as overlay:
            overlay.setting("calcio-migrate", {"CALCIO_APP_ROLE": "nobody_here"})
            failed = at.run("deploy", "dev", SECONDS)
            ready_then = asked(at, "{.status.readyReplicas}")
        with at.trying() as overlay:
            overlay.patch("app.kubernetes.io/component=service", NEVER_BUILT)
            blocked = at.run("deploy", "dev", 30)
        with at.trying() as overlay:
            overlay.patch("app.kubernetes.io/component=service", NOT_MADE)
            no_secret = at.run("deploy", "dev", 30)
        at.overlay.release(NEWER)
        newer = at.run("deploy", "dev", SECONDS)
        back = at.run("rollback", "dev", release, SECONDS)
        yield Story(
            deployed=deployed,
            again=again,
            failed=failed,
            ready_then=ready_then,
            blocked=blocked,
            no_secret=no_secret,
            newer=newer,
            back=back,
            image_then=asked(at, "{..containers[0].image}"),
            release_then=(at.overlay.folder / "release.env").read_text(),
            finished=at.run("finish", "dev", SECONDS),
        )


def test_deploying_ends_with_the_rollout(story: Story) -> None:
    """Who deploys sees the migration's log, its outcome and the rollout, and 0 means all of it."""
    assert story.deployed.code == 0, story.deployed
    for said in ['"event": "step.end"', '{"outcome": "applied"', "is complete", "successfully rolled out"]:
        assert said in story.deployed.out


def test_deploying_again_runs_nothing(story: Story) -> None:
    """The same release a second time is the same Job, and that has ended."""
    assert story.again.code == 0, story.again
    changed = [line for line in story.again.out.splitlines() if line.endswith(" created")]
    assert changed == []


def test_a_failed_migration_ends_with_its_exit_code(story: Story) -> None:
    """What the Job said it died of is what the script says and ends with, and the old pods serve on."""
    assert story.failed.code == ExitCode.CONFIGURATION, story.failed
    assert 'ended with 78: {"outcome": "refused"' in story.failed.out
    assert "scripts/rollback dev" in story.failed.err
    assert story.ready_then == "2"


def test_a_blocked_rollout_is_said_within_the_deadline(story: Story) -> None:
    """Pods of the service that cannot start are named with what helps, and 0 is not the end."""
    assert story.blocked.code == PASSED, story.blocked
    assert 'Failed to pull image "calcio-never-built:' in story.blocked.out
    assert "What served before serves on" in story.blocked.err


def test_a_secret_that_the_service_lacks_is_named(story: Story) -> None:
    """Its new pods never start; deploying says which Secret to make, and ends within its deadline."""
    assert story.no_secret.code == PASSED, story.no_secret
    assert (
        'secret "calcio-not-made" not found. Make that Secret, with DATABASE_URL in it' in story.no_secret.out
    )


def test_a_rollback_edits_the_one_line_and_deploys_it(story: Story) -> None:
    """After it the environment's file says the older release, and its pods are of that."""
    assert (story.newer.code, story.back.code) == (0, 0), (story.newer, story.back)
    assert story.image_then == f"calcio-service:{story.release_then.strip().removeprefix('RELEASE=')}"
    assert NEWER not in story.release_then


def test_finishing_ends_with_the_contract(story: Story) -> None:
    """When the Job that contracts has done so, finishing is over, and says what was applied."""
    assert story.finished.code == 0, story.finished
    assert 'ended with 0: {"outcome": "applied"' in story.finished.out
