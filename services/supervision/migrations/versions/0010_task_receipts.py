"""What the approval side did about what it was told."""

from alembic import op

revision = "0010"
down_revision = "0009"

TASK_RECEIPTS_10 = """
CREATE TABLE task_receipts (
    task uuid PRIMARY KEY,
    version integer NOT NULL,
    department text NOT NULL,
    kind text NOT NULL,
    about uuid NOT NULL,
    permit uuid NOT NULL,
    body text NOT NULL,
    permit_number text NOT NULL,
    document_number text NOT NULL,
    state text NOT NULL,
    opened_on date NOT NULL,
    opened_at timestamptz NOT NULL,
    due date NOT NULL,
    due_estimated boolean NOT NULL,
    outcome text,
    reason text,
    decision_version integer,
    answered_on date,
    answered_at timestamptz,
    asked_again text,
    withdrawn_on date,
    why_withdrawn text
);
CREATE INDEX task_receipts_by_department ON task_receipts (department, opened_at, task);
CREATE INDEX task_receipts_about ON task_receipts (about);
"""


def upgrade() -> None:
    op.execute(TASK_RECEIPTS_10)
