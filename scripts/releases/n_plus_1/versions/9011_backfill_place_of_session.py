"""Backfill the place of the sessions that were there before; N+1 reads no other."""

from db.operations import execute_in_batches

revision = "9011"
down_revision = "9010"
phase = "data"
breaks: list[tuple[str | None, str]] = []
required = True


def upgrade() -> None:
    execute_in_batches(
        "session", "UPDATE session SET place = venue WHERE id > :after AND id <= :upto AND place IS NULL"
    )


def downgrade() -> None:
    """Leave the places: `venue` says the same."""
