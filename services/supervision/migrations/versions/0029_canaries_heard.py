"""When the newest canary left is asked nowhere: only when it was heard, by this side's own clock, tells silence."""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.execute("ALTER TABLE canaries_heard DROP COLUMN sent_at")
