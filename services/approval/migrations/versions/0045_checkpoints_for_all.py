"""Endpoints that were registered for all there was before checkpoints were sent get them from now on."""

from __future__ import annotations

from alembic import op

from services.webhooks.tables import WEBHOOKS_3

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    op.execute(WEBHOOKS_3)
