"""The rehearsal's core: one live system goes from N to N+1 and back, and on to the end, with a client that counts."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from db.contract.refusal import ExitCode
from tests.cluster.rehearsal import faults
from tests.cluster.rehearsal.record import Record
from tests.cluster.rehearsal.stage import stage


@dataclass(frozen=True)
class Played:
    """What the tests ask about."""

    record: Record
    release: str
    following: str
    failed_pods: list[dict[str, Any]]


@pytest.fixture(scope="module")
def played(
    release: str, make: Callable[..., str], records: list[Record], tmp_path_factory: pytest.TempPathFactory
) -> Played:
    """Everything, once: each chapter begins where the one before it left the system."""
    following, failing = make("n_plus_1"), make("failing")
    folder: Path = tmp_path_factory.mktemp("rehearsal") / "overlay"
    with stage("From N to N+1 and back", release, folder, records) as live:
        live.apply(failing)
        live.ended("migrate", failing, "Failed")
        failed_pods = live.pods("migrate", failing)
        live.apply(release)
        live.rolled_out()
        live.apply(following)
        faults.kill_job(live, "migrate", following)
        live.ended("migrate", following)
        live.rolled_out()
        live.apply(release)
        live.rolled_out()
        live.apply(following, finish=True)
        live.rolled_out()
        live.ended("finish", following)
    return Played(live.record, release, following, failed_pods)


def test_no_request_fails(played: Played) -> None:
    """From the first answer on, each request is answered: whatever is applied, fails, or is killed on the way."""
    assert played.record.harmed == []


def test_no_acknowledged_write_is_lost(played: Played) -> None:
    """What a client was told is kept is there in the end, once, whichever release wrote it into whichever column."""
    assert played.record.acknowledged
    assert played.record.lost == []


def test_a_failing_migration_says_what_failed_and_is_not_tried_again(played: Played) -> None:
    """Who describes the one pod of the Job reads which revision failed and how."""
    (pod,) = played.failed_pods
    (container,) = pod["status"]["containerStatuses"]
    outcome = json.loads(container["state"]["terminated"]["message"])
    assert (outcome["code"], outcome["revision"]) == (ExitCode.MIGRATION, "9010")


def test_each_revision_is_applied_once(played: Played) -> None:
    """A pod that is killed leaves nothing that is done twice, and a rollback of the image moves no schema."""
    applied = [str(step.revision) for step in played.record.steps if step.operation == "upgrade"]
    assert applied == sorted(set(applied))
    assert applied[-3:] == ["9010", "9011", "9012"]


def test_the_contract_comes_after_the_last_old_pod(played: Played) -> None:
    """What old code reads goes when no old code is left that could read it."""
    contracted = next(step.at for step in played.record.steps if step.revision == "9012")
    assert played.record.left(played.release) < contracted
