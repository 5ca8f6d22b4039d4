"""What the Job can be told through its environment."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from db.contract.parsers import identifier, one_of, path, seconds, whole_number
from db.contract.settings import setting
from db.contract.shared_settings import SharedSettings

if TYPE_CHECKING:
    from pathlib import Path


class RunnerSettings(SharedSettings):
    """Deadlines, budgets and permissions of one run."""

    connect_deadline_s: float = setting(seconds(0.1, 3600), 60.0, "how long to try to reach the database")
    lock_timeout_ms: int = setting(
        whole_number(1, 60_000), 50, "how long a step's first try may queue for a table"
    )
    lock_timeout_max_ms: int = setting(
        whole_number(1, 60_000), 200, "how far that grows; readers stall as long"
    )
    lock_budget_s: float = setting(seconds(0, 86_400), 900.0, "how long a step goes on trying")
    statement_timeout_s: float = setting(
        seconds(0, 604_800), 0.0, "how long a statement may run; 0 is no limit"
    )
    termination_log: str = setting(str, "/dev/termination-log", "where the outcome goes besides the log")
    migrations: "Path | None" = setting(
        path, None, "another project's folder of env.py; its own where not given"
    )
    env_py: Literal["ask", "skip"] = setting(
        one_of("ask", "skip"), "ask", "whether another project's env.py is asked for its options"
    )
    app_role: str | None = setting(
        identifier, None, "the service's role, which may read and write what is made"
    )
    undeclared: Literal["strict", "expand"] = setting(
        one_of("strict", "expand"),
        "strict",
        "whether a revision that declares nothing is taken to break older code",
    )
    fence_unregistered: Literal["hold", "ignore"] = setting(
        one_of("hold", "ignore"),
        "hold",
        "what sessions of the service's role that no reader explains do to a contract",
    )
    approved_plan: str | None = setting(str, None, "the digest of the only plan that may be applied")
    image: str | None = setting(str, None, "this image, for the ledger")
    git_sha: str | None = setting(str, None, "this image's commit, for the ledger")

    def contradictions(self) -> Iterator[str]:
        yield from super().contradictions()
        if self.lock_timeout_ms > self.lock_timeout_max_ms:
            yield (
                f"CALCIO_LOCK_TIMEOUT_MS is {self.lock_timeout_ms},"
                f" expected at most CALCIO_LOCK_TIMEOUT_MAX_MS {self.lock_timeout_max_ms}"
            )
