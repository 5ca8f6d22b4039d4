"""Create the index behind the list of players, alphabetical and searched by prefix. Release 0.2."""

from db.operations import create_index, drop_index

revision = "0003"
down_revision = "0002"
phase = "expand"
breaks: list[tuple[str | None, str]] = []
required = True

NAME = "ix_player_lower_name_id"


def upgrade() -> None:
    create_index(NAME, "player", ['lower(name) COLLATE "C"', "id"])


def downgrade() -> None:
    drop_index(NAME)
