"""What systems of departments and bureaus are pushed, and what became of each message."""

from __future__ import annotations

from alembic import op

from services.webhooks.tables import WEBHOOKS_1

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.execute(WEBHOOKS_1)
