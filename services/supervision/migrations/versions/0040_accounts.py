"""Accounts, and who is signed in."""

from __future__ import annotations

from alembic import op

from services.access.account_tables import ACCOUNTS_1

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    op.execute(ACCOUNTS_1)
