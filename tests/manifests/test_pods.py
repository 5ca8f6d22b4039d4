"""Pods run under the strictest rules that a cluster can ask for."""

from tests.manifests.rendering import Object, containers, of_kind, pods

VOLUMES = {"name", "secret", "configMap", "emptyDir"}


def test_pods_are_admitted_under_restricted(objects: list[Object]) -> None:
    """Each pod meets PodSecurity `restricted` and more: no capability, nothing written to the root."""
    for _, pod in pods(objects):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not pod.keys() & {"hostNetwork", "hostPID", "hostIPC"}
        assert {key for volume in pod["volumes"] for key in volume} <= VOLUMES
        for container in containers(pod):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_only_the_overlay_for_plain_kubernetes_picks_a_user(objects: list[Object]) -> None:
    """OpenShift's restricted-v2 refuses a user that it did not assign; Kubernetes assigns none."""
    local = bool(of_kind(objects, "Namespace"))
    for _, pod in pods(objects):
        fixed = {pod["securityContext"].get(key) for key in ["runAsUser", "runAsGroup", "fsGroup"]}
        assert fixed == ({10001} if local else {None})


def test_pods_get_no_token(objects: list[Object]) -> None:
    """Nobody may talk to the cluster but the development Job that makes the passwords."""
    for owner, pod in pods(objects):
        assert pod["automountServiceAccountToken"] is owner.startswith("calcio-passwords-")
        assert pod["enableServiceLinks"] is False
    for account in of_kind(objects, "ServiceAccount"):
        assert account["automountServiceAccountToken"] is False


def test_containers_are_limited(objects: list[Object]) -> None:
    """Each container asks for what it needs and is held to a limit, of disk as well."""
    for _, pod in pods(objects):
        for container in containers(pod):
            for kind in ["requests", "limits"]:
                assert container["resources"][kind].keys() == {"cpu", "memory", "ephemeral-storage"}


def test_scratch_lies_in_memory_and_is_limited(objects: list[Object]) -> None:
    """What a pod writes never reaches a node's disk, and can't fill its memory."""
    for _, pod in pods(objects):
        for volume in pod["volumes"]:
            if "emptyDir" in volume:
                assert volume["emptyDir"].keys() == {"medium", "sizeLimit"}
                assert volume["emptyDir"]["medium"] == "Memory"


def test_secrets_are_mounted_whole(objects: list[Object]) -> None:
    """Either of the two URLs may be missing from a Secret, so no key is asked for by name."""
    for owner, pod in pods(objects):
        if owner.startswith(("calcio-migrate", "calcio-finish", "calcio-revert", "calcio-service")):
            role = "service" if owner == "calcio-service" else "migrate"
            (secret,) = [volume for volume in pod["volumes"] if "secret" in volume]
            assert secret["secret"] == {"secretName": f"calcio-{role}-db", "defaultMode": 0o440}
            mount = {"name": secret["name"], "mountPath": "/run/secrets/calcio", "readOnly": True}
            assert mount in pod["containers"][0]["volumeMounts"]


def test_jobs_opt_out_of_the_mesh(objects: list[Object]) -> None:
    """A proxy beside the migration would outlive it, and the Job would never end."""
    for job in of_kind(objects, "Job"):
        assert job["spec"]["template"]["metadata"]["labels"]["sidecar.istio.io/inject"] == "false"
