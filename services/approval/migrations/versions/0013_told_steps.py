"""Receipts and consultations, as the supervision side recorded them: how far each push is."""

from alembic import op

revision = "0013"
down_revision = "0012"

TOLD_STEPS_13 = """
CREATE TABLE told_steps (
    permit uuid NOT NULL,
    version integer NOT NULL,
    step text NOT NULL,
    push_version integer,
    department text NOT NULL,
    officer text NOT NULL,
    said jsonb NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (permit, version)
);
"""


def upgrade() -> None:
    op.execute(TOLD_STEPS_13)
