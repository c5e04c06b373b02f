"""How many applications are pending, as bureaus' own systems report it."""

from alembic import op

from projections.pending_applications import PENDING_APPLICATIONS_1

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute(PENDING_APPLICATIONS_1)
