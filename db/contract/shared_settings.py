"""What all images are told alike: the times of a lease, the release, the schema."""

import os
from collections.abc import Iterator

from db.contract.parsers import identifier, matching, seconds
from db.contract.settings import Settings, setting


class LeaseSettings(Settings):
    """What a lease is made of; the sums are checked in `contradictions`."""

    lease_s: float = setting(
        seconds(1, 3600), 120.0, "how long a reader counts as alive after its last round"
    )
    margin_s: float = setting(
        seconds(0, 3600), 45.0, "how much earlier than its lease a reader stops by itself"
    )
    heartbeat_s: float = setting(seconds(0.1, 600), 20.0, "how often a reader renews its lease")
    request_deadline_s: float = setting(seconds(0.1, 600), 10.0, "how long a request may take")
    idle_timeout_s: float = setting(seconds(0.1, 600), 30.0, "how long a session of the service may idle")
    clock_step_s: float = setting(seconds(0, 600), 5.0, "how far a clock may jump")

    def contradictions(self) -> Iterator[str]:
        least_lease = self.margin_s + 2 * self.heartbeat_s
        if self.lease_s <= least_lease:
            yield (
                f"CALCIO_LEASE_S is {self.lease_s:g}, expected more than {least_lease:g}"
                f" = CALCIO_MARGIN_S {self.margin_s:g} + 2 * CALCIO_HEARTBEAT_S {self.heartbeat_s:g}"
            )
        least_margin = self.request_deadline_s + self.idle_timeout_s + self.clock_step_s
        if self.margin_s < least_margin:
            yield (
                f"CALCIO_MARGIN_S is {self.margin_s:g}, expected at least {least_margin:g}"
                f" = CALCIO_REQUEST_DEADLINE_S {self.request_deadline_s:g}"
                f" + CALCIO_IDLE_TIMEOUT_S {self.idle_timeout_s:g}"
                f" + CALCIO_CLOCK_STEP_S {self.clock_step_s:g}"
            )


class SharedSettings(LeaseSettings):
    """The lease, and who this process is."""

    release: str = setting(
        matching(
            r"[a-z0-9]([a-z0-9-]{0,35}[a-z0-9])?", "1 to 37 lower-case letters, digits and inner hyphens"
        ),
        "dev",
        "the release this image belongs to",
    )
    schema: str = setting(identifier, "public", "the schema of alembic_version and the ledger")
    version_table: str = setting(
        identifier, "alembic_version", "the version table, unless another project's env.py names one"
    )
    pod_name: str = setting(str, os.uname().nodename, "this process in the ledger and in pg_stat_activity")
