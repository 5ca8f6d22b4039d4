"""Takes the schema back as people do: by an overlay of its own beside the environment's, applied on purpose."""

import json
import re

import yaml

from tests.cluster.rehearsal.stage import LEASE, Stage, of

COMPONENTS = ("roll-back-schema", "run-on-kubernetes", "use-local-images", "release")
DIGEST = re.compile(r"--accept-loss (\w+)")


def refused(live: Stage, release: str, to: str) -> str:
    """Ask for it without accepting any loss; answers the digest of what would be lost."""
    revert(live, release, to)
    live.ended("revert", release, "Failed")
    (pod,) = live.pods("revert", release)
    outcome = json.loads(pod["status"]["containerStatuses"][0]["state"]["terminated"]["message"])
    digest = DIGEST.search(outcome["hint"])
    assert digest, outcome
    live.place("delete", "jobs", of("revert", release))
    return digest[1]


def revert(live: Stage, release: str, to: str, accepted: str = "") -> None:
    """Apply the downgrade Job of the newer release."""
    folder = live.overlay.folder / "roll-back-schema"
    folder.mkdir(exist_ok=True)
    literals = {**LEASE, "TO": to, "ACCEPT_LOSS": accepted}
    generator = {
        "name": "calcio-migrate",
        "behavior": "merge",
        "envs": ["release.env"],
        "literals": [f"{name}={value}" for name, value in literals.items()],
    }
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": live.place.name,
        "resources": ["../../../base"],
        "components": [f"../../../components/{name}" for name in COMPONENTS],
        "configMapGenerator": [generator],
    }
    (folder / "release.env").write_text(f"RELEASE={release}\n")
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization, sort_keys=False))
    live.mark(f"take the schema back to {to}{' for good' if accepted else ''}")
    live.place.apply(live.overlay.rendered("dev/roll-back-schema"))
