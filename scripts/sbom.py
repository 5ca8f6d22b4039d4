"""Says inside an image what it is made of: a bill of materials of Python's and Debian's packages, as CycloneDX.

It runs with the image's own Python, since whoever builds may have an engine and nothing else.
"""

import json
import platform
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any
from urllib.parse import quote

DPKG = Path("/var/lib/dpkg/status")
Component = dict[str, Any]


def component(purl: str, name: str, version: str) -> Component:
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def of_python(found: Distribution) -> Component:
    name = re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower()
    made = component(f"pkg:pypi/{name}@{found.version}", name, found.version)
    # Metadata older than 2.4 may hold the whole text of a licence where its name should be.
    if "License-Expression" in found.metadata:
        made["licenses"] = [{"expression": found.metadata["License-Expression"]}]
    elif "License" in found.metadata and "\n" not in found.metadata["License"]:
        made["licenses"] = [{"license": {"name": found.metadata["License"]}}]
    return made


def of_debian() -> Iterator[Component]:
    for stanza in DPKG.read_text().split("\n\n") if DPKG.exists() else ():
        told = dict(re.findall(r"^([A-Z][A-Za-z-]*): (.*)$", stanza, re.MULTILINE))
        if told.get("Status") == "install ok installed":
            name, version, arch = (told[key] for key in ("Package", "Version", "Architecture"))
            yield component(f"pkg:deb/debian/{name}@{quote(version, safe='')}?arch={arch}", name, version)


def bill(image: str) -> dict[str, Any]:
    """The same for the same image: it has no time and no number of its own."""
    name, _, release = image.rpartition("/")[2].partition(":")
    python = platform.python_version()
    found = [
        component(f"pkg:generic/python@{python}", "python", python),
        *map(of_python, distributions()),
        *of_debian(),
    ]
    once = {made["bom-ref"]: made for made in found}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "container", "bom-ref": image, "name": name, "version": release}},
        "components": [once[ref] for ref in sorted(once)],
    }


if __name__ == "__main__":
    json.dump(bill(sys.argv[1]), sys.stdout, indent=1)
