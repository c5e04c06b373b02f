"""Time stamps of this side's checkpoints, by an authority that the site believes."""

from __future__ import annotations

from alembic import op

from services.checkpoints.stamps import STAMPS_1

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    op.execute(STAMPS_1)
