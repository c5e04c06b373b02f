"""The last messages of one endpoint are found without reading everybody's."""

from __future__ import annotations

from alembic import op

from services.webhooks.deliveries import DELIVERIES_1

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    op.execute(DELIVERIES_1)
