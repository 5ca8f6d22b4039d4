"""`python -m bench.demo`: how long scripts/demo takes, on a fresh clone and once everything is installed."""

import subprocess
import tempfile
import time
from pathlib import Path

from bench.child import ROOT


def timed(script: Path, *arguments: str) -> float:
    begun = time.monotonic()
    subprocess.run([script, *arguments], capture_output=True, check=True)  # noqa: S603 - our own script
    return time.monotonic() - begun


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "calcio"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)  # noqa: S603, S607 - the developer's git
        # What is downloaded once is what pip keeps.
        installed_s = timed(clone / "scripts/install", "demo")
        shown_s = timed(clone / "scripts/demo", "--once")
    print(f"scripts/install demo, packages downloaded before {installed_s:5.1f} s")
    print(f"scripts/demo --once, when that is done       {shown_s:5.1f} s")
    print(f"both: the first scripts/demo --once          {installed_s + shown_s:5.1f} s")


if __name__ == "__main__":
    main()
