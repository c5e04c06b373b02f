"""Checks of what permits were granted on (告知承诺): open since when, and checked when."""

from alembic import op

revision = "0016"
down_revision = "0015"

COMMITMENTS_16 = """
CREATE TABLE commitment_checks (
    permit uuid NOT NULL,
    decision_version integer NOT NULL,
    matter_code text NOT NULL,
    opened_at timestamptz NOT NULL,
    checked_at timestamptz,
    PRIMARY KEY (permit, decision_version)
);
CREATE INDEX commitment_checks_open ON commitment_checks (opened_at) WHERE checked_at IS NULL;
CREATE INDEX commitment_checks_done ON commitment_checks (checked_at) WHERE checked_at IS NOT NULL;

INSERT INTO commitment_checks (permit, decision_version, matter_code, opened_at, checked_at)
SELECT w.permit, w.permit_version, w.matter_code, w.first_listed_at, (
    SELECT min(f.recorded_at) FROM findings f
    WHERE f.permit = w.permit AND f.kind = 'commitment_check' AND f.recorded_at >= w.first_listed_at)
FROM watch_list w WHERE w.commitment AND NOT w.opening_stock AND w.role = 'lead' AND w.status = 'valid'
ON CONFLICT DO NOTHING;
"""


def upgrade() -> None:
    op.execute(COMMITMENTS_16)
