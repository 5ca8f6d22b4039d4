"""Each component is one order: it renders without the others, and says what for and how."""

import re
from pathlib import Path

import pytest
import yaml

from tests.manifests.rendering import COMPONENTS, KUSTOMIZE, OVERLAYS, Object, Renderer, named, of_kind

ALONE = """
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../base]
components: [{components}]
configMapGenerator:
  - {{name: calcio-migrate, behavior: merge, literals: [RELEASE=v1]}}
"""


def listed(overlay: str) -> list[str]:
    kustomization = yaml.safe_load((KUSTOMIZE / "overlays" / overlay / "kustomization.yaml").read_text())
    return [component.rpartition("/")[2] for component in kustomization["components"]]


def alone(tree: Path, renderer: Renderer, *components: str) -> list[Object]:
    folder = tree / "kustomize" / "alone"
    folder.mkdir(exist_ok=True)
    paths = ", ".join(f"../components/{component}" for component in components)
    (folder / "kustomization.yaml").write_text(ALONE.format(components=paths))
    return renderer.objects(folder)


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_says_its_purpose_and_its_usage(component: str) -> None:
    """A reader decides by the first section and copies the second."""
    lines = (KUSTOMIZE / "components" / component / "README.md").read_text().splitlines()
    headings = [line for line in lines if line.startswith("#") and not line.startswith("# after")]
    assert headings == [f"# {component}", "## Purpose", "## Usage"]
    assert any(f"components/{component}" in line for line in lines)


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_needs_no_other(component: str, tree: Path, renderer: Renderer) -> None:
    """On the base alone, without a release, a component renders."""
    assert alone(tree, renderer, component)


@pytest.mark.parametrize("component", [component for component in COMPONENTS if component != "release"])
def test_a_component_goes_with_a_release(component: str, tree: Path, renderer: Renderer) -> None:
    """No placeholder is left in anything that a component adds."""
    values = re.findall(
        r": (\S*RELEASE)$", yaml.safe_dump_all(alone(tree, renderer, component, "release")), re.MULTILINE
    )
    assert set(values) <= {"CALCIO_RELEASE"}


def test_base_renders_and_names_no_place(renderer: Renderer) -> None:
    """The base is deployable truth: no namespace, host, registry, tag or user."""
    objects = renderer.objects(KUSTOMIZE / "base")
    assert all("namespace" not in found["metadata"] for found in objects)
    text = renderer.text(KUSTOMIZE / "base")
    assert not any(word in text for word in ["runAsUser", "fsGroup", "host:", "replicas"])
    for found in of_kind(objects, "Job", "Deployment"):
        (container,) = found["spec"]["template"]["spec"]["containers"]
        assert container["image"] in {"calcio-migrate:RELEASE", "calcio-service:RELEASE"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_release_comes_last(overlay: str) -> None:
    """It copies RELEASE into what the other components add, so it has to see them all."""
    assert listed(overlay)[-1] == "release"
    assert listed(overlay).count("release") == 1


def test_finish_runs_under_the_terms_of_migrate(tree: Path, renderer: Renderer) -> None:
    """Both Jobs are one program with another word: same account, settings, limits and secrets."""
    objects = alone(tree, renderer, "finish-automatically", "release")
    migrate, finish = (named(objects, "Job", name) for name in ["calcio-migrate", "calcio-finish"])
    pods = [job["spec"]["template"]["spec"] for job in [migrate, finish]]
    for pod, word in zip(pods, ["upgrade", "finish"], strict=True):
        (container,) = pod["containers"]
        assert container["args"] == [word]
        container |= {"name": "", "args": [], "envFrom": []}
    assert pods[0] == pods[1]
    settings = [named(objects, "ConfigMap", name)["data"] for name in ["calcio-migrate", "calcio-finish"]]
    assert settings[0] == settings[1]


def test_finish_on_purpose_renders_nothing_else(tree: Path, renderer: Renderer) -> None:
    """Who applies it contracts, and rolls nothing out."""
    objects = alone(tree, renderer, "finish-on-purpose", "release")
    assert [found["kind"] for found in objects] == ["ConfigMap", "Job"]
    assert objects[1]["metadata"]["name"].startswith("calcio-finish-v1-")


def test_a_waiting_pod_holds_up_no_drain(tree: Path, renderer: Renderer) -> None:
    """Two replicas, one eviction at a time, and pods that wait for the schema may always go."""
    objects = alone(tree, renderer, "keep-available")
    budget = named(objects, "PodDisruptionBudget", "calcio-service")["spec"]
    service = named(objects, "Deployment", "calcio-service")["spec"]
    assert budget["selector"] == service["selector"]
    assert budget["maxUnavailable"] < service["replicas"]
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_the_autoscaler_alone_decides_on_replicas(tree: Path, renderer: Renderer) -> None:
    """No number of replicas is applied, whoever set one before; and never fewer than an eviction leaves alive."""
    objects = alone(tree, renderer, "keep-available", "scale-automatically")
    scaler = named(objects, "HorizontalPodAutoscaler", "calcio-service")["spec"]
    service = named(objects, "Deployment", "calcio-service")
    assert "replicas" not in service["spec"]
    assert scaler["scaleTargetRef"] == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": "calcio-service",
    }
    assert (
        scaler["minReplicas"]
        > named(objects, "PodDisruptionBudget", "calcio-service")["spec"]["maxUnavailable"]
    )


def test_the_ingress_leads_to_the_api_by_tls(tree: Path, renderer: Renderer) -> None:
    """What comes from outside reaches the port `http`, whatever prefix an overlay gives the names."""
    objects = alone(tree, renderer, "expose-with-ingress")
    ingress = named(objects, "Ingress", "calcio-service")["spec"]
    (path,) = ingress["rules"][0]["http"]["paths"]
    backend = path["backend"]["service"]
    (port,) = named(objects, "Service", backend["name"])["spec"]["ports"]
    assert backend["port"] == {"name": port["name"]}
    assert ingress["tls"] == [{"secretName": "calcio-service-tls"}]


def test_only_the_database_is_reached_by_everybody(tree: Path, renderer: Renderer) -> None:
    """Jobs take no connection; the service takes HTTP, and monitoring alone its management port."""
    objects = alone(tree, renderer, "restrict-network")
    jobs, service = (
        named(objects, "NetworkPolicy", name)["spec"] for name in ["calcio-migrate", "calcio-service"]
    )
    assert "ingress" not in jobs
    assert jobs["policyTypes"] == service["policyTypes"] == ["Ingress", "Egress"]
    assert jobs["egress"] == service["egress"]
    assert [port["port"] for rule in jobs["egress"] for port in rule["ports"]] == [5432, 53, 53, 5353, 5353]
    assert [port["port"] for rule in service["ingress"] for port in rule["ports"]] == ["http", "management"]
    assert [source.keys() for source in service["ingress"][1]["from"]] == [{"namespaceSelector"}]


def test_argo_syncs_in_the_order_that_the_objects_need(tree: Path, renderer: Renderer) -> None:
    """What pods need, the migration, the service, and at last what waits for the old pods to leave."""
    components = ["provide-postgres", "finish-automatically", "restrict-network", "sync-with-argocd"]
    waves: dict[str, set[str]] = {}
    for found in alone(tree, renderer, *components):
        wave = found["metadata"].get("annotations", {}).get("argocd.argoproj.io/sync-wave", "0")
        waves.setdefault(wave, set()).add(f"{found['kind']}/{found['metadata']['name']}".rpartition("-")[0])
    assert waves.pop("-2") >= {"Job/calcio-passwords", "StatefulSet/calcio", "ConfigMap/calcio-migrate"}
    assert waves == {"-1": {"Job/calcio-migrate"}, "0": {"Deployment/calcio"}, "1": {"Job/calcio-finish"}}


def test_the_init_container_is_the_job(tree: Path, renderer: Renderer) -> None:
    """The Job's container, its settings and its credentials go before the service's, and stay out of it."""
    objects = alone(tree, renderer, "migrate-in-init-container", "release")
    assert of_kind(objects, "Job") == []
    pod = named(objects, "Deployment", "calcio-service")["spec"]["template"]["spec"]
    (migrate,), (service,) = pod["initContainers"], pod["containers"]
    (job,) = of_kind(alone(tree, renderer, "release"), "Job")
    (expected,) = job["spec"]["template"]["spec"]["containers"]
    assert migrate.pop("volumeMounts")[0]["name"] == "owner"
    assert "owner" not in {mount["name"] for mount in service["volumeMounts"]}
    expected.pop("volumeMounts")
    assert migrate == expected


def test_the_list_of_components_is_whole() -> None:
    """Who looks for a component finds it in the README of kustomize/, and no other."""
    lines = (KUSTOMIZE / "README.md").read_text().partition("| component | does |")[2]
    assert sorted(re.findall(r"^\| `([a-z-]+)` \|", lines, re.MULTILINE)) == COMPONENTS
