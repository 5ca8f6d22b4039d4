"""What alembic_version holds: the SQL that asks, and the SQL that moves it."""

from collections.abc import Collection
from functools import cached_property

from db.contract.value import Value

_VERSION = "ARRAY(SELECT version_num::text FROM {version})"
# In a statement with the heads as a parameter: whether alembic_version holds exactly these.
IS_VERSION = f"({_VERSION} @> %(heads)s::text[] AND {_VERSION} <@ %(heads)s::text[])"
# As plain `alembic` does it, for whoever has a trigger there.
_REPLACE = "UPDATE {version} SET version_num = (%(reached)s)[1] WHERE version_num = (%(left)s)[1]"
_CHANGE = """
DELETE FROM {version} WHERE version_num = ANY (%(left)s);
INSERT INTO {version} SELECT pg_catalog.unnest(%(reached)s::text[])
"""


class Move(Value):
    """From the heads before to those after, which may be the same ones.

    Where somebody else has moved them meanwhile it leads elsewhere; IS_VERSION tells.
    """

    before: Collection[str]
    after: Collection[str]

    @property
    def statement(self) -> str:
        """What moves alembic_version, with `values`; nothing where it stands there already."""
        left, reached, _ = self.values.values()
        if left or reached:
            return _REPLACE if len(left) == len(reached) == 1 else _CHANGE
        return ""

    @cached_property
    def values(self) -> dict[str, list[str]]:
        """The parameters of the statement, and of IS_VERSION."""
        before, after = set(self.before), set(self.after)
        return {"left": sorted(before - after), "reached": sorted(after - before), "heads": sorted(after)}
