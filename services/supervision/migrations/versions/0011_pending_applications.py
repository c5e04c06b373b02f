"""How many applications are pending, as approval bodies reported it."""

from alembic import op

from projections.pending_applications import PENDING_APPLICATIONS_1

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute(PENDING_APPLICATIONS_1)
