"""What systems of departments and bureaus are pushed, and what became of each message."""

from __future__ import annotations

from alembic import op

from services.webhooks.tables import WEBHOOKS_1

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.execute(WEBHOOKS_1)
