"""Says which objects are not as the CustomResourceDefinition of their kind has it, of Prometheus' operator and of Flux.

The models pass over a field that they do not know, so what they give back is compared. No package has OpenShift's own.
"""

import re
import sys
from pathlib import Path
from typing import Any

import yaml
from cloudcoil.models.fluxcd.kustomize.v1 import Kustomization
from cloudcoil.models.prometheus_operator.v1 import PodMonitor, PrometheusRule
from pydantic import ValidationError

MODELS = {"Kustomization": Kustomization, "PodMonitor": PodMonitor, "PrometheusRule": PrometheusRule}


def written(path: Path) -> list[dict[str, Any]]:
    """The objects of a manifest, or those that a page shows whole."""
    text = path.read_text()
    blocks = re.findall(r"^```yaml\n(apiVersion.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [
        found for block in (blocks if path.suffix == ".md" else [text]) for found in yaml.safe_load_all(block)
    ]


def follows(found: dict[str, Any]) -> bool:
    model = MODELS[found["kind"]]
    try:
        return bool(
            model.model_validate(found).model_dump(mode="json", by_alias=True, exclude_unset=True) == found
        )
    except ValidationError as error:
        print(error)
        return False


if __name__ == "__main__":
    objects = [found for path in sys.argv[1:] for found in written(Path(path)) if found["kind"] in MODELS]
    wrong = [f"{found['kind']} {found['metadata']['name']}" for found in objects if not follows(found)]
    print(f"Custom kinds: {len(objects)} objects, {len(wrong)} not as their definition has them", *wrong)
    sys.exit(bool(wrong) or not objects)
