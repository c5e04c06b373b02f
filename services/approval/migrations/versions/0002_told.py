"""Who was told of each decision, as the supervision side recorded it."""

from alembic import op

revision = "0002"
down_revision = "0001"

TOLD_2 = """
CREATE TABLE told (
    permit uuid NOT NULL,
    permit_version integer NOT NULL,
    push_version integer NOT NULL,
    department text NOT NULL,
    role text NOT NULL,
    push_number bigint NOT NULL,
    told_at timestamptz NOT NULL,
    PRIMARY KEY (permit, push_version, department)
);

CREATE TABLE told_waiting (
    permit uuid NOT NULL,
    permit_version integer NOT NULL,
    reason text NOT NULL,
    owner text NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (permit, permit_version)
);
"""


def upgrade() -> None:
    op.execute(TOLD_2)
