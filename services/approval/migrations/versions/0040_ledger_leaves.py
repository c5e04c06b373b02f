"""A proof is made of every record's digest, also for a role that sees some records only."""

from __future__ import annotations

from alembic import op

from services.checkpoints.tables import CHECKPOINTS_2

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    op.execute(CHECKPOINTS_2)
