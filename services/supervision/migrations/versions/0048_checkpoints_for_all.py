"""Endpoints that were registered for all there was before checkpoints were sent get them from now on."""

from __future__ import annotations

from alembic import op

from services.webhooks.tables import WEBHOOKS_3

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    op.execute(WEBHOOKS_3)
