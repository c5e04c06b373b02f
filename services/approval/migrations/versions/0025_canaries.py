"""Canaries that were sent to supervision, and when each was back."""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE canaries (
               canary integer PRIMARY KEY,
               sent_at timestamptz NOT NULL,
               returned_at timestamptz,
               back_at timestamptz
           );
           COMMENT ON COLUMN canaries.returned_at IS 'when supervision applied it, by its own clock';"""
    )
