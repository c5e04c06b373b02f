"""Whose personal facts nobody can read any more, and who decided it."""

from __future__ import annotations

from alembic import op

from projections.erased import ERASED_1

revision = "0035"
down_revision = "0034"

ERASURES_1 = """
CREATE TABLE erasures (
    party uuid PRIMARY KEY,
    reason text NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    consented_by text CHECK (lower(consented_by) <> lower(asked_by)),
    consented_at timestamptz,
    copies jsonb
);
COMMENT ON COLUMN erasures.copies IS 'every copy that was reached, and which still held clear text until when';
"""


def upgrade() -> None:
    op.execute(ERASED_1)
    op.execute(ERASURES_1)
