"""What operators are told of, what went to them, and what they have silenced."""

from __future__ import annotations

from alembic import op

from services.alert_tables import ALERTS_1

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.execute(ALERTS_1)
