"""What comparing and walking found, by night and by hand."""

from __future__ import annotations

from alembic import op

from services.proofs_tables import PROOFS_1

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.execute(PROOFS_1)
