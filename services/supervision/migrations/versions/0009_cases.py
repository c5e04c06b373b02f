"""How far each push is in each department, and consultations; placements know whether the duty list made them."""

from alembic import op

revision = "0009"
down_revision = "0008"

CASES_9 = """
CREATE TABLE cases (
    permit uuid NOT NULL,
    push_version integer NOT NULL,
    department text NOT NULL,
    role text NOT NULL,
    mode text,
    state text NOT NULL,
    body text NOT NULL,
    push_number bigint NOT NULL,
    matter_code text NOT NULL,
    region_code text NOT NULL,
    level text NOT NULL,
    decision_version integer NOT NULL,
    decision_date date NOT NULL,
    opening_stock boolean NOT NULL,
    delivered_at timestamptz NOT NULL,
    due_on date,
    due_estimated boolean NOT NULL,
    calendar text NOT NULL,
    first_delivered_at timestamptz NOT NULL,
    first_due_on date,
    read_at timestamptz,
    signed_at timestamptz,
    returned_at timestamptz,
    handled_at timestamptz,
    closed_at timestamptz,
    moved_at timestamptz,
    officer text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    text text NOT NULL DEFAULT '',
    candidate text,
    PRIMARY KEY (permit, push_version, department)
);
-- What waits for a signature, soonest limit first; what has no limit (opening stock) last.
CREATE INDEX cases_unsigned ON cases (department, due_on, permit, push_version)
    WHERE state IN ('delivered', 'read');
-- What is done, newest delivery first.
CREATE INDEX cases_done ON cases (department, state, delivered_at, permit, push_version)
    WHERE state NOT IN ('delivered', 'read');
CREATE INDEX cases_returned ON cases (matter_code, region_code, level) WHERE state = 'returned';

CREATE TABLE consultations (
    permit uuid NOT NULL,
    number integer NOT NULL,
    opened_by text NOT NULL,
    opened_at timestamptz NOT NULL,
    bodies text[] NOT NULL,
    answered text[] NOT NULL,
    opinions_due date NOT NULL,
    due_estimated boolean NOT NULL,
    matter_code text NOT NULL,
    region_code text NOT NULL,
    level text NOT NULL,
    deciding_body text NOT NULL,
    ruled_at timestamptz,
    lead text,
    PRIMARY KEY (permit, number)
);
CREATE INDEX consultations_open ON consultations (opened_at, permit, number) WHERE ruled_at IS NULL;

ALTER TABLE placements ADD COLUMN pinned boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN placements.pinned IS 'placed by a ruling or the coordinator: the duty list does not move it';
"""


def upgrade() -> None:
    op.execute(CASES_9)
