"""Limits with their days, and notices about days of work and rest."""

from alembic import op

from events.schema import STORE_4

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute(STORE_4)
