"""The newest canary that approval sent, and when it was applied here."""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE canaries_heard (
               only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
               canary integer NOT NULL,
               sent_at timestamptz NOT NULL,
               heard_at timestamptz NOT NULL,
               returned integer NOT NULL
           );
           COMMENT ON COLUMN canaries_heard.returned IS 'how many were returned: versions of a stream have no holes';"""
    )
