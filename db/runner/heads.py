"""Follows the heads as Alembic moves them, and leaves alembic_version to whoever writes the ledger."""

from alembic.runtime.migration import HeadMaintainer, RevisionStep

from db.runner.version import Move


class Heads(HeadMaintainer):
    """Alembic's rules of which heads a step leaves and reaches, without its SQL.

    Its statement would cost each of hundreds of steps a round trip, and be compiled for each.
    """

    def take(self, step: RevisionStep) -> Move:
        """Where `step` leads."""
        before = frozenset(self.heads)
        self.update_to_step(step)
        return Move(before, frozenset(self.heads))

    def tell_hooks(self, step: RevisionStep) -> None:
        """Call what env.py wants called after each step, in its transaction."""
        for hook in self.context.on_version_apply_callbacks:
            hook(ctx=self.context, step=step.info, heads=set(self.heads), run_args={})

    def _insert_version(self, version: str) -> None:
        self.heads.add(version)

    def _delete_version(self, version: str) -> None:
        self.heads.remove(version)

    def _update_version(self, from_: str, to_: str) -> None:
        self.heads.remove(from_)
        self.heads.add(to_)
