"""A world: a random history of columns, every code that its revisions make possible, and which columns each uses."""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from types import ModuleType
from typing import Any

from alembic.script import Script, ScriptDirectory
from hypothesis import strategies as st

from db.contract.lineage import Clause, Lineage, Phase, Revision

MOST_REVISIONS = 7


@dataclass(frozen=True)
class Column:
    """Who adds it; code that contains `until` has stopped using it; who drops it."""

    added: str
    until: str | None = None
    dropped: str | None = None

    def is_used_by(self, known: frozenset[str]) -> bool:
        return self.added in known and self.until not in known

    def is_there(self, effects: frozenset[str]) -> bool:
        return self.added in effects and self.dropped not in effects


class Scripts(ScriptDirectory):
    """Alembic's own history, of scripts that lie in no folder."""

    def __init__(self, revisions: tuple[Revision, ...]) -> None:
        self._scripts = [Script(_module(revision), revision.revision, "") for revision in revisions]
        super().__init__("/")

    def _load_revisions(self) -> Any:
        return self._scripts


@dataclass(frozen=True)
class World:
    """The revisions in an order in which they can be applied, and the columns that they add and drop."""

    revisions: tuple[Revision, ...]
    columns: tuple[Column, ...]

    @cached_property
    def lineage(self) -> Lineage:
        return Lineage.of(self.revisions)

    @cached_property
    def scripts(self) -> Scripts:
        return Scripts(self.revisions)

    @cached_property
    def codes(self) -> tuple[Lineage, ...]:
        """Every image that could be built: all that stands below some revisions, and nothing else."""
        ids = [revision.revision for revision in self.revisions]
        tops = (top for size in (1, 2, 3) for top in combinations(ids, size))
        contents = dict.fromkeys(map(self.lineage.closure, tops))
        return tuple(
            Lineage.of(revision for revision in self.revisions if revision.revision in content)
            for content in contents
        )

    def suits(self, effects: frozenset[str], code: Lineage) -> bool:
        """The oracle: whether every column that `code` uses is there."""
        return all(column.is_there(effects) for column in self.columns if column.is_used_by(code.known))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Branches, merges, several bases and dependencies; columns added, dropped and renamed."""
    revisions: list[Revision] = []
    columns: list[Column] = []
    for number in range(draw(st.integers(1, MOST_REVISIONS))):
        id_ = f"r{number}"
        down, depends_on = draw(_parents(Lineage.of(revisions)))
        below = Lineage.of(revisions).closure(down + depends_on)
        dropped = draw(st.sampled_from([None, *_droppable(columns, below)]))
        adds = draw(st.booleans())
        clauses: tuple[Clause, ...] = ()
        if dropped is not None:
            # Whoever uses what a rename brings has stopped using what it takes.
            until = id_ if adds else draw(st.sampled_from([id_, *sorted(below)]))
            columns[columns.index(dropped)] = Column(dropped.added, until, id_)
            clauses = (Clause(dropped.added, until),)
        if adds:
            columns.append(Column(id_))
        phase = Phase.CONTRACT if clauses else Phase.EXPAND
        required = adds or draw(st.booleans())
        revisions.append(Revision(id_, down, depends_on, phase, clauses, required, f"digest of {id_}"))
    return World(tuple(revisions), tuple(columns))


@st.composite
def _parents(draw: st.DrawFn, lineage: Lineage) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not lineage.revisions:
        return (), ()
    ids = st.lists(st.sampled_from(sorted(lineage.revisions)), max_size=2, unique=True)
    down, depends_on = draw(ids), draw(ids)
    # What another parent stands on already is no parent of its own: rules.py refuses it for a merge.
    parents = down + [id_ for id_ in depends_on if id_ not in down]
    apart = [id_ for id_ in parents if id_ not in lineage.closure(set(parents) - {id_})]
    return tuple(id_ for id_ in down if id_ in apart), tuple(id_ for id_ in apart if id_ not in down)


def _droppable(columns: list[Column], below: frozenset[str]) -> list[Column]:
    return [column for column in columns if column.dropped is None and column.added in below]


def _module(revision: Revision) -> ModuleType:
    module = ModuleType(revision.revision)
    vars(module).update(
        revision=revision.revision,
        down_revision=revision.down_revisions or None,
        depends_on=revision.depends_on or None,
        upgrade=lambda: None,
        downgrade=lambda: None,
    )
    return module
