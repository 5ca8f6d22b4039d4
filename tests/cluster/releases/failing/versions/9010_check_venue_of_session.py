"""Let a venue be one word: right on an empty database, and wrong on one that is in use."""

from alembic import op

revision = "9010"
down_revision = "HEAD"
phase = "expand"
breaks: list[tuple[str | None, str]] = []
required = True


def upgrade() -> None:
    op.execute("ALTER TABLE session ADD CONSTRAINT one_word CHECK (venue NOT LIKE '% %')")


def downgrade() -> None:
    op.execute("ALTER TABLE session DROP CONSTRAINT one_word")
