"""Who did what with what: the audit trail and its chain."""

from __future__ import annotations

from alembic import op

from services.access.audit_tables import AUDIT_1

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.execute(AUDIT_1)
