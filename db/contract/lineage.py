"""What an image knows of the history: its revisions, its heads, and what follows from them."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cached_property

from db.contract.value import Value


class Phase(StrEnum):
    """What a revision does to the code that is running while it is applied."""

    EXPAND = "expand"  # adds; running code does not notice
    DATA = "data"  # moves or fills rows; new code does not wait for it unless it is required
    CONTRACT = "contract"  # takes away; says in `breaks` from whom
    BARRIER = "barrier"  # changes nothing; tells two releases with the same schema apart


class Clause(Value):
    """Code that contains `since` (None: any code) and does not contain `until` breaks."""

    since: str | None
    until: str

    @classmethod
    def parse(cls, text: str) -> "Clause":
        """Read 'since:until', as the ledger and the lockfile write it; ':' is illegal in revision ids."""
        since, _, until = text.partition(":")
        return cls(since or None, until)

    def __str__(self) -> str:
        return f"{self.since or ''}:{self.until}"

    def breaks(self, known: frozenset[str]) -> bool:
        """Whether code that contains exactly the revisions `known` breaks."""
        return (self.since is None or self.since in known) and self.until not in known


class TableLock(Value):
    """A lock that a revision took on a table that was there before it, as measured on a scratch database."""

    table: str
    mode: str  # as pg_locks spells it
    rewrites: bool  # every row is written anew under it
    scans: bool  # every row is read under it


class Revision(Value):
    """One revision as its script declares it."""

    revision: str
    down_revisions: tuple[str, ...]
    depends_on: tuple[str, ...]
    phase: Phase
    breaks: tuple[Clause, ...]
    required: bool
    digest: str
    replaces: tuple[str, ...] = ()
    # More than one short transaction: the ledger announces it before it begins.
    announced: bool = False
    # None: nobody has measured.
    locks: tuple[TableLock, ...] | None = None

    @property
    def parents(self) -> tuple[str, ...]:
        """Everything this revision stands on."""
        return self.down_revisions + self.depends_on + self.replaces


class Lineage(Value):
    """The revisions of one image, in an order in which they can be applied, and its heads."""

    revisions: Mapping[str, Revision]
    heads: tuple[str, ...]

    @classmethod
    def of(cls, revisions: Iterable[Revision]) -> "Lineage":
        """The lineage whose heads are the revisions that no other one stands on."""
        by_id = {revision.revision: revision for revision in revisions}
        below = {parent for revision in by_id.values() for parent in revision.parents}
        return cls(by_id, tuple(sorted(id_ for id_ in by_id if id_ not in below)))

    @cached_property
    def known(self) -> frozenset[str]:
        """Every revision that this image's code contains."""
        return self.closure(self.heads)

    @cached_property
    def required(self) -> frozenset[str]:
        """The revisions that this image's code relies on, with all that they stand on."""
        return self.closure(id_ for id_, revision in self.revisions.items() if revision.required)

    @cached_property
    def upgrade_target(self) -> tuple[str, ...]:
        """The heads of what `upgrade` applies; what trails them is left to `finish`."""
        return self._maximal(self.required)

    def closure(self, heads: Iterable[str]) -> frozenset[str]:
        """`heads` and everything below them; a revision this image does not know stands for itself."""
        found: set[str] = set()
        waiting = list(heads)
        while waiting:
            revision = waiting.pop()
            if revision not in found:
                found.add(revision)
                if revision in self.revisions:
                    waiting.extend(self.revisions[revision].parents)
        return frozenset(found)

    def _maximal(self, ids: frozenset[str]) -> tuple[str, ...]:
        below = {parent for id_ in ids if id_ in self.revisions for parent in self.revisions[id_].parents}
        return tuple(sorted(ids - below))
