"""Probes, deadlines and grace periods of the Job and the Deployment fit each other and the settings."""

import pytest

from db.contract.settings import read
from db.runner.settings import RunnerSettings
from service.settings import ServiceSettings
from tests.manifests.rendering import Object, environment, named

FAREWELL_S = 5  # closing the pool, deleting the reader's row, ending the server


def job(objects: list[Object]) -> Object:
    spec = named(objects, "Job", "calcio-migrate")["spec"]
    assert isinstance(spec, dict)
    return spec


def deployment(objects: list[Object]) -> Object:
    spec = named(objects, "Deployment", "calcio-service")["spec"]
    assert isinstance(spec, dict)
    return spec


def runner_settings(objects: list[Object]) -> RunnerSettings:
    return read(RunnerSettings, environment(objects, job(objects)["template"]["spec"]))


def service_settings(objects: list[Object]) -> ServiceSettings:
    return read(ServiceSettings, environment(objects, deployment(objects)["template"]["spec"]))


@pytest.mark.parametrize(
    ("probe", "path"),
    [("startupProbe", "/startupz"), ("readinessProbe", "/readyz"), ("livenessProbe", "/livez")],
)
def test_probes_ask_the_management_port(rollout: list[Object], probe: str, path: str) -> None:
    """Kubelet asks where clients can't, and liveness never asks for the schema."""
    (container,) = deployment(rollout)["template"]["spec"]["containers"]
    assert container[probe]["httpGet"] == {"path": path, "port": "management"}


def test_ports_are_those_that_the_service_listens_on(rollout: list[Object]) -> None:
    """The names `http` and `management` stand for the ports of the settings."""
    (container,) = deployment(rollout)["template"]["spec"]["containers"]
    settings = service_settings(rollout)
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"http": settings.http_port, "management": settings.management_port}
    (port,) = named(rollout, "Service", "calcio-service")["spec"]["ports"]
    assert (port["name"], port["targetPort"]) == ("http", "http")


def test_old_pods_serve_until_new_ones_are_ready(rollout: list[Object]) -> None:
    """A rollout takes no pod away before another one has its place."""
    assert deployment(rollout)["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
    }
    assert deployment(rollout)["minReadySeconds"] > 0


def test_the_rollout_outlasts_the_migration(rollout: list[Object]) -> None:
    """A rollout is not called stuck while its Job may still run, and the Job has time for a step's budget."""
    settings = runner_settings(rollout)
    deadline_s = job(rollout)["activeDeadlineSeconds"]
    assert settings.connect_deadline_s + settings.lock_budget_s < deadline_s
    assert deadline_s < deployment(rollout)["progressDeadlineSeconds"]


def test_the_last_request_ends_within_the_grace_period(rollout: list[Object]) -> None:
    """Kubelet kills no pod that drains, answers a last request and says farewell to the ledger."""
    settings = service_settings(rollout)
    needed_s = settings.drain_s + settings.request_deadline_s + FAREWELL_S
    assert needed_s < deployment(rollout)["template"]["spec"]["terminationGracePeriodSeconds"]


def test_the_job_is_never_two_at_once_nor_there_for_ever(rollout: list[Object]) -> None:
    """A pod is replaced only when it has ended, and a finished Job goes by itself."""
    assert job(rollout)["podReplacementPolicy"] == "Failed"
    assert job(rollout)["template"]["spec"]["restartPolicy"] == "Never"
    assert job(rollout)["ttlSecondsAfterFinished"] > 0


def test_what_went_wrong_is_in_the_termination_message(rollout: list[Object]) -> None:
    """`kubectl describe pod` says it, from the file the runner writes or from the log."""
    (container,) = job(rollout)["template"]["spec"]["containers"]
    assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"
    path = container.get("terminationMessagePath", "/dev/termination-log")
    assert str(runner_settings(rollout).termination_log) == path
