"""A state of the model: what is committed, on the primary and on its replica, and where everyone stands.

No state knows what time it is, only how old things are and how long they last: so there are finitely many.
"""

from enum import IntEnum
from typing import NamedTuple


class Data(NamedTuple):
    """What commits leave. Revisions are told by their number: 1, 2 (expand) and 3 (contract)."""

    schema: int  # what is really there
    ledger: int  # what version and ledger say is applied
    is_announced: bool = False  # the ledger says that the migrator's step is under way
    is_moved_by_plain_alembic: bool = False
    row: int = 0  # what is left of the life of the reader's row
    knows_server: bool = True  # the ledger has seen the server that it is on
    watch: int = 0  # for how long the fence still believes no empty list


class Round(IntEnum):
    """Where the pod stands in its round."""

    NONE = 0
    SENT = 1
    REGISTERED = 2
    LOOKED = 3  # only where it looks before it registers
    ANSWERED = 4  # registered and looked at once, fit; the answer is under way


class Request(IntEnum):
    """Where the pod stands in a request."""

    NONE = 0
    ADMITTED = 1
    CHECKED = 2  # the next thing it does is to send its statement


class Health(IntEnum):
    """Whether the pod runs."""

    RUNS = 0
    FROZEN = 1
    SUSPENDED = 2
    LEAVING = 3
    GONE = 4


class Pod(NamedTuple):
    """A process that serves; ages of None are those of what is not there."""

    health: Health = Health.RUNS
    is_ready: bool = False
    lease_age: int | None = None
    round: Round = Round.NONE
    round_age: int = 0
    request: Request = Request.NONE
    request_age: int = 0
    session: int | None = None  # for how long its session has been idle


class Stage(IntEnum):
    """Where the migrator stands."""

    AWAY = 0
    CONNECTED = 1
    BEGUN = 2  # its transaction has begun
    LOCKED = 3
    CHECKED = 4
    ANNOUNCED = 5  # the lock is let go again
    CHANGED = 6  # the schema is; the ledger says so in the next transaction
    DONE = 7


HOLDS_THE_LOCK = {Stage.LOCKED, Stage.CHECKED}


class Migrator(NamedTuple):
    """The Job."""

    stage: Stage = Stage.AWAY
    is_stalled: bool = False
    hold: int = 0  # for how long it has held the lock
    saw: int = 0  # the row's life when its transaction began
    has_checked: bool = False


class State(NamedTuple):
    """Everything."""

    primary: Data
    replica: Data
    pod: Pod = Pod()
    migrator: Migrator = Migrator()
    faults: int = 0  # how many may still happen
    is_violated: bool = False
