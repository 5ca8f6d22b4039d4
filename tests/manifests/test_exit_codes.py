"""The Jobs' podFailurePolicy says in YAML what the exit codes mean."""

from db.contract.refusal import ExitCode
from tests.manifests.rendering import Object, named, of_kind

FINAL = {
    ExitCode.USAGE,
    ExitCode.SCRIPTS,
    ExitCode.INTERNAL,
    ExitCode.POOLER,
    ExitCode.PERMISSION,
    ExitCode.CONFIGURATION,
    ExitCode.NOT_FOR_THIS_IMAGE,
    ExitCode.DRIFT_OF_SCRIPTS,
    ExitCode.MIGRATION,
    ExitCode.READ_ONLY,
    ExitCode.OTHER_PLAN,
}
RETRIED = {ExitCode.UNREACHABLE, ExitCode.RESOURCES, ExitCode.TEMPORARY, ExitCode.TERMINATED}
NOT_OF_A_JOB = {ExitCode.DONE, ExitCode.PENDING, ExitCode.DRIFT_OF_SCHEMA}


def fails_at_once(job: Object) -> set[int]:
    (rule,) = [rule for rule in job["spec"]["podFailurePolicy"]["rules"] if rule["action"] == "FailJob"]
    assert rule["onExitCodes"]["operator"] == "In"
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert rule["onExitCodes"]["containerName"] == container["name"]
    return set(rule["onExitCodes"]["values"])


def test_every_exit_code_is_decided_on() -> None:
    """A new exit code is either final, or retried, or none that these Jobs end with."""
    decided = [*FINAL, *RETRIED, *NOT_OF_A_JOB, ExitCode.READERS]
    assert sorted(decided) == sorted(ExitCode)


def test_upgrade_fails_at_once_where_a_retry_cannot_help(rollout: list[Object]) -> None:
    """Readers in the way are final for an upgrade: the release to pass through is another one."""
    assert fails_at_once(named(rollout, "Job", "calcio-migrate")) == FINAL | {ExitCode.READERS}


def test_finish_and_revert_wait_for_readers(objects: list[Object]) -> None:
    """Readers in the way leave in time, so what waits for them tries again, without a deadline."""
    for job in of_kind(objects, "Job"):
        if job["metadata"]["name"].startswith(("calcio-finish-", "calcio-revert-")):
            assert fails_at_once(job) == FINAL
            assert "activeDeadlineSeconds" not in job["spec"]


def test_disruptions_do_not_count(objects: list[Object]) -> None:
    """A drained node is not the migration's fault; everything else that is retried counts."""
    for job in of_kind(objects, "Job"):
        assert job["spec"]["backoffLimit"] > 0
        for rule in job["spec"].get("podFailurePolicy", {}).get("rules", []):
            if rule["action"] == "Ignore":
                assert rule["onPodConditions"] == [{"type": "DisruptionTarget", "status": "True"}]
