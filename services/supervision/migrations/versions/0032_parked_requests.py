"""What people ask for about parked streams, and everything that was done about them."""

from __future__ import annotations

from alembic import op

from events.parking_schema import PARKING

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.execute(PARKING)
