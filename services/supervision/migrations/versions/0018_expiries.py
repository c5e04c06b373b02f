"""Which expiries were said, and which of them are over."""

from alembic import op

revision = "0018"
down_revision = "0017"

EXPIRIES = """
CREATE TABLE expiries (
    permit uuid NOT NULL,
    valid_to date NOT NULL,
    said_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (permit, valid_to)
);
CREATE INDEX expiries_open ON expiries (valid_to, permit) WHERE ended_at IS NULL;
"""


def upgrade() -> None:
    op.execute(EXPIRIES)
