"""Keys by which programs are known."""

from __future__ import annotations

from alembic import op

from services.access.key_tables import KEYS_1

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.execute(KEYS_1)
