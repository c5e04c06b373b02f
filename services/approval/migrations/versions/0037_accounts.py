"""Accounts, and who is signed in."""

from __future__ import annotations

from alembic import op

from services.access.account_tables import ACCOUNTS_1

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.execute(ACCOUNTS_1)
