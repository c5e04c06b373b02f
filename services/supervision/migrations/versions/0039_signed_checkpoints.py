"""The Merkle tree over the ledger, its signed checkpoints, and those of the other side."""

from __future__ import annotations

from alembic import op

from events.schema import STORE_7
from services.checkpoints.tables import CHECKPOINTS_1

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    op.execute(CHECKPOINTS_1)
    op.execute(STORE_7)
