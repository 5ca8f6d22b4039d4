"""What the ConfigMaps say are settings, and the Job and the service are told the same about leases."""

from db.contract.settings import Settings, read
from db.contract.shared_settings import LeaseSettings
from db.runner.settings import RunnerSettings
from service.settings import ServiceSettings
from tests.manifests.rendering import Object, environment, pods

READS: dict[str, type[Settings]] = {
    "calcio-migrate": RunnerSettings,
    "calcio-finish": RunnerSettings,
    "calcio-revert": RunnerSettings,
    "calcio-service": ServiceSettings,
}


def told(objects: list[Object]) -> dict[str, dict[str, str]]:
    """By workload, what its ConfigMap puts into the environment."""
    return {
        name: environment(objects, pod)
        for owner, pod in pods(objects)
        for name in READS
        if f"{owner}-".startswith(f"{name}-")
    }


def test_every_key_is_a_setting(objects: list[Object]) -> None:
    """A misspelt setting would be ignored in silence; here it isn't."""
    for name, environ in told(objects).items():
        declared = {f"CALCIO_{field.upper()}" for field in READS[name].declared}
        assert environ.keys() - {"RELEASE", "ATTEMPT", "TO", "ACCEPT_LOSS"} <= declared


def test_all_settings_are_accepted(objects: list[Object]) -> None:
    """No image would end with 78 because of what an overlay says."""
    for name, environ in told(objects).items():
        assert isinstance(read(READS[name], environ), READS[name])


def test_both_images_agree_on_leases(objects: list[Object]) -> None:
    """A fence that counts other leases than the readers' would take away what they still use."""
    leases = {name: read(LeaseSettings, environ) for name, environ in told(objects).items()}
    assert len(set(leases.values())) == 1
    names = {f"CALCIO_{field.upper()}" for field in LeaseSettings.declared}
    assert all(names <= environ.keys() for environ in told(objects).values())


def test_a_pod_knows_its_release_and_its_name(objects: list[Object]) -> None:
    """The ledger and pg_stat_activity name pods by what the cluster calls them."""
    for owner, pod in pods(objects):
        if owner.startswith(tuple(READS)):
            sources = {env["name"]: env["valueFrom"]["fieldRef"] for env in pod["containers"][0]["env"]}
            assert sources == {
                "CALCIO_RELEASE": {"fieldPath": "metadata.labels['app.kubernetes.io/version']"},
                "CALCIO_POD_NAME": {"fieldPath": "metadata.name"},
            }
