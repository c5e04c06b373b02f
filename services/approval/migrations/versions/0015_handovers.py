"""Handover lists of opening stock, as the supervision side made and signed them."""

from alembic import op

from projections.handovers import HANDOVERS_1

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute(HANDOVERS_1)
