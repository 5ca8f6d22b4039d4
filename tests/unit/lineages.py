"""Revisions, lineages and databases in few words, for tests of what is decided about them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from db.contract.ledger import Row, Snapshot, State
from db.contract.lineage import Clause, Lineage, Phase, Revision

AT = datetime(2025, 10, 1, 18, 30, tzinfo=UTC)


def revision(
    id_: str,
    *down: str,
    depends_on: Iterable[str] = (),
    breaks: Iterable[str] = (),
    phase: Phase | None = None,
    required: bool | None = None,
    digest: str | None = None,
    replaces: Iterable[str] = (),
) -> Revision:
    """A revision as its script would declare it: a contract where it breaks something, else an expand."""
    clauses = tuple(map(Clause.parse, breaks))
    phase = phase or (Phase.CONTRACT if clauses else Phase.EXPAND)
    return Revision(
        revision=id_,
        down_revisions=down,
        depends_on=tuple(depends_on),
        phase=phase,
        breaks=clauses,
        required=phase in {Phase.EXPAND, Phase.BARRIER} if required is None else required,
        digest=f"digest of {id_}" if digest is None else digest,
        replaces=tuple(replaces),
    )


def database(
    *applied: Revision,
    heads: Iterable[str] | None = None,
    ledger_heads: Iterable[str] | None = None,
    states: Mapping[str, State] | None = None,
) -> Snapshot:
    """A database with a ledger in which `applied` are applied, but for those that `states` says otherwise of."""
    rows = {row.revision: as_row(row, (states or {}).get(row.revision, State.APPLIED)) for row in applied}
    inside = [row for row in applied if rows[row.revision].state is not State.APPLYING]
    found = Lineage.of(inside).heads if heads is None else tuple(heads)
    return Snapshot(
        heads=found,
        has_tables=True,
        ledger_heads=found if ledger_heads is None else tuple(ledger_heads),
        change=1,
        rows=rows,
    )


def without_ledger(*heads: str, has_tables: bool = True) -> Snapshot:
    """What plain Alembic leaves."""
    return Snapshot(heads=heads, has_tables=has_tables)


def as_row(revision: Revision, state: State = State.APPLIED) -> Row:
    """What the ledger keeps of a revision that release 1.4.0 applied."""
    digests = (revision.digest,) if revision.digest else ()
    return Row(revision.revision, state, digests, revision.breaks, "1.4.0", AT)
