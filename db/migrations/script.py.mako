"""${message}."""
<%
    inserted = (upgrades or "") + (downgrades or "")
%>
% if "sa." in inserted:
import sqlalchemy as sa
% endif
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
% if branch_labels:
branch_labels = ${repr(branch_labels)}
% endif
% if depends_on:
depends_on = ${repr(depends_on)}
% endif
# The code that runs now must go on running: expand (add), deploy, contract (take away) in a later revision.
# expand: adds | data: moves rows, in batches | contract: takes away | barrier: tells two releases apart
phase = "expand"
# Code that contains the first and not the second breaks, as [("0002", "0005")]. A contract must say it.
breaks: list[tuple[str | None, str]] = []
# May code at or after this revision rely on it? A backfill or a contract that it need not wait for: False.
required = True


# One locked table a revision; indexes, NOT NULL and checks on a table in use by way of db/operations.py.
def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
