"""Penalties: as they stand, the permits that they touch, and those that still seek theirs."""

from alembic import op

revision = "0006"
down_revision = "0005"

PENALTIES_5 = """
CREATE TABLE penalties (
    penalty uuid PRIMARY KEY,
    version integer NOT NULL,
    department text NOT NULL,
    document_number text NOT NULL,
    party uuid NOT NULL,
    status text NOT NULL,
    settled boolean NOT NULL,
    decision_date date NOT NULL,
    facts jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    UNIQUE (department, document_number)
);
CREATE INDEX penalties_recorded ON penalties (recorded_at, penalty);
CREATE INDEX penalties_by_department ON penalties (department, recorded_at, penalty);
CREATE INDEX penalties_by_party ON penalties (party, recorded_at, penalty);

CREATE TABLE penalty_permits (
    permit uuid NOT NULL,
    penalty uuid NOT NULL,
    deciding_body text NOT NULL,
    permit_number text NOT NULL,
    how text NOT NULL,
    certificate text NOT NULL,
    confirmed_by text NOT NULL,
    PRIMARY KEY (penalty, permit)
);
CREATE INDEX penalty_permits_by_permit ON penalty_permits (permit, penalty);

CREATE TABLE penalty_queue (
    penalty uuid PRIMARY KEY,
    party uuid NOT NULL,
    reason text NOT NULL,
    department text NOT NULL,
    owner text NOT NULL,
    since timestamptz NOT NULL,
    sought text[] NOT NULL,
    candidates jsonb NOT NULL
);
CREATE INDEX penalty_queue_since ON penalty_queue (since, penalty);
CREATE INDEX penalty_queue_by_party ON penalty_queue (party);

CREATE TABLE penalty_second_looks (
    penalty uuid PRIMARY KEY,
    partition smallint NOT NULL,
    due_at timestamptz NOT NULL
);
COMMENT ON TABLE penalty_second_looks IS 'a permit of the party may have been listed in the same moment, unseen';
CREATE INDEX penalty_second_looks_due ON penalty_second_looks (due_at);
"""


def upgrade() -> None:
    op.execute(PENALTIES_5)
