"""Add the session's place, which will take over from `venue`; a trigger keeps the two alike, whoever writes."""

from alembic import op

revision = "9010"
down_revision = "HEAD"
phase = "expand"
breaks: list[tuple[str | None, str]] = []
required = True


def upgrade() -> None:
    op.execute("ALTER TABLE session ADD COLUMN place text")
    op.execute(
        """
        CREATE FUNCTION session_keep_alike() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                NEW.place := coalesce(NEW.place, NEW.venue);
                NEW.venue := NEW.place;
            ELSIF NEW.place IS DISTINCT FROM OLD.place THEN
                NEW.venue := NEW.place;
            ELSE
                NEW.place := NEW.venue;
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER keep_alike BEFORE INSERT OR UPDATE ON session"
        " FOR EACH ROW EXECUTE FUNCTION session_keep_alike()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER keep_alike ON session")
    op.execute("DROP FUNCTION session_keep_alike()")
    op.execute("ALTER TABLE session DROP COLUMN place")
