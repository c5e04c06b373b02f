"""Freezes, suggestions to annul, commitment checks and inspections, as they stand."""

from alembic import op

revision = "0012"
down_revision = "0011"

FINDINGS_9 = """
CREATE TABLE findings (
    finding uuid PRIMARY KEY,
    version integer NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    open boolean NOT NULL,
    due date,
    permit uuid,
    party uuid NOT NULL,
    department text NOT NULL,
    said jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX findings_recorded ON findings (recorded_at, finding);
CREATE INDEX findings_by_department ON findings (department, recorded_at, finding);
CREATE INDEX findings_by_permit ON findings (permit, recorded_at, finding) WHERE permit IS NOT NULL;
CREATE INDEX findings_by_party ON findings (party, recorded_at, finding);
CREATE INDEX findings_open ON findings (kind, due) WHERE open;
"""


def upgrade() -> None:
    op.execute(FINDINGS_9)
