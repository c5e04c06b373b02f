"""Checkpoints that bodies' own systems are sent; each body sees those that it was sent."""

from __future__ import annotations

from alembic import op

from services.access.policies import FORCING
from services.webhooks.tables import SENT_WALLS, WEBHOOKS_2

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    op.execute(WEBHOOKS_2)
    op.execute(SENT_WALLS)
    op.execute(FORCING)
