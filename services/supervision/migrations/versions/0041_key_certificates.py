"""A program may be known by its certificate."""

from __future__ import annotations

from alembic import op

from services.access.key_tables import KEYS_2

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    op.execute(KEYS_2)
