"""Measures on a cluster what a release costs: by calcio, the usual way, and where nothing is migrated.

`CALCIO_LOAD_IMAGES=… python -m bench.rollout`, where KUBECONFIG names the cluster; prints a table in Markdown and
writes build/rehearsal/rollout.html. The usual way is an init container that runs `alembic upgrade head`, and a
readiness probe that wants the head of its own image, no more and no less.
"""

import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.cluster.images import bring
from tests.cluster.rehearsal import releases, report
from tests.cluster.rehearsal.record import Record
from tests.cluster.rehearsal.stage import Stage, stage

ROOT = Path(__file__).resolve().parent.parent
RELEASE = "cluster-tests"
INIT = "/spec/template/spec/initContainers/0"
ALEMBIC = ["python", "-m", "alembic", "-c", "db/alembic.ini", "upgrade", "head"]


def gated(live: Stage, gate: str) -> None:
    """Give N another gate: not from the start, since a strict one waits for what trails a release, too."""
    live.overlay.setting("calcio-service", {"CALCIO_SCHEMA_GATE": gate})
    live.apply(RELEASE)
    live.rolled_out()


def by_calcio(live: Stage, following: str) -> None:
    live.apply(following, finish=True)
    live.ended("migrate", following)
    live.rolled_out()
    live.ended("finish", following)


def the_usual_way(live: Stage, following: str) -> None:
    gated(live, "strict")
    live.overlay.use("migrate-in-init-container")
    live.overlay.patch(
        "app.kubernetes.io/component=service",
        {"op": "add", "path": f"{INIT}/imagePullPolicy", "value": "IfNotPresent"},
        {"op": "add", "path": f"{INIT}/command", "value": ALEMBIC},
        {"op": "remove", "path": f"{INIT}/args"},
    )
    live.apply(following)
    live.rolled_out()


def without_a_migration(live: Stage, _following: str) -> None:
    gated(live, "off")
    live.mark("kubectl rollout restart")
    live.place("rollout", "restart", "deployment/calcio-service")
    live.rolled_out()


WAYS: Mapping[str, Callable[[Stage, str], None]] = {
    "calcio": by_calcio,
    "init container, strict probe": the_usual_way,
    "nothing to migrate, no gate": without_a_migration,
}


def measure(folder: Path) -> list[Record]:
    """Play each way on a system of its own."""
    bring(ROOT, RELEASE)
    following = releases.make(folder, "one_second", "n_plus_1")
    records: list[Record] = []
    for number, (name, way) in enumerate(WAYS.items()):
        with stage(name, RELEASE, folder / str(number), records) as live:
            way(live, following)
    return records


def row(record: Record) -> str:
    """A line of the table."""
    began = record.marks[-1][0]
    served = [one for one in record.served if one.at >= began]
    failed = [one for one in served if one.failed]
    until = max((one.answered_at for one in failed), default=began)
    outage_s = until - min((one.at for one in failed), default=began)
    return (
        f"| {record.name} | {record.took_s(began):.0f} s | {len(served)} | {len(failed)} | {outage_s:.1f} s"
        f" | {len(record.lost)} |"
    )


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        records = measure(Path(folder))
    report.write(records, ROOT / "build/rehearsal/rollout.html")
    sys.stdout.write(
        "| N → N+1 | apply to all new pods ready | requests | failed | from the first to the last | lost |\n"
    )
    sys.stdout.write("|---|---|---|---|---|---|\n")
    sys.stdout.write("".join(f"{row(record)}\n" for record in records))


if __name__ == "__main__":
    main()
