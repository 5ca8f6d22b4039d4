"""What the contract asks for, one switch or number a rule, so that each of them can be left out."""

from dataclasses import dataclass, replace
from enum import StrEnum


class Fault(StrEnum):
    """What may happen to anyone at any time."""

    FREEZE = "freeze"  # the pod is stopped, and goes on later
    SUSPEND = "suspend"  # the pod's whole machine is, with its monotonic clock
    CRASH = "crash"  # the pod ends without a word
    DRAIN = "drain"  # the pod is told to end
    CUT = "cut"  # the pod's connections are lost
    FAILOVER = "failover"  # a replica that lacks the last commits becomes the primary
    CLOCK = "clock"  # the database's clock jumps ahead
    KILL = "kill"  # the migrator ends without a word
    STALL = "stall"  # the migrator is stopped, and goes on later
    PLAIN = "plain alembic"  # somebody takes the contract without asking anyone


@dataclass(frozen=True)
class Rules:
    """The contract; time is in ticks, as short as the rules between them allow."""

    lease: int = 3
    margin: int = 2  # at least request_deadline + idle_timeout + clock_step
    request_deadline: int = 1
    idle_timeout: int | None = 1  # None: the server ends no session that idles
    clock_step: int = 0
    hold: int | None = 1  # how long the server lets the migrator hold the lock; None: for ever
    runners_lease: int | None = None  # None: the row itself says when it expires
    registers_before_it_looks: bool = True
    # One statement does both, with a snapshot from after its locks. A snapshot from before them is a look before.
    registers_and_looks_at_once: bool = False
    renews_by_whole_rounds_only: bool = True
    checks_the_deadline_of_each_statement: bool = True
    counts_the_time_of_a_suspended_machine: bool = True
    keeps_its_row_while_serving: bool = True
    looks_first_in_each_session: bool = True
    sees_its_own_row_in_each_session: bool = True
    locks_before_it_checks: bool = True
    checks_what_is_committed: bool = True  # read committed, whatever the role's default is
    announces_under_the_lock: bool = True
    watches_a_new_server: bool = True
    announces: bool = False  # the step is more than one transaction

    @property
    def whole_lease(self) -> int:
        """For how many ticks something lasts that lasts for a lease: it is still there at the last one."""
        return self.lease + 1

    def wide(self) -> "Rules":
        """The same rules with more ticks to each length."""
        return replace(self, lease=5, margin=3, request_deadline=2)
