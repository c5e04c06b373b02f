"""Matters whose permits must be looked at because the duty list has changed, from which day on, and how far that is."""

from alembic import op

revision = "0014"
down_revision = "0013"

REROUTES_14 = """
CREATE TABLE reroutes (
    matter_code text NOT NULL,
    day date NOT NULL,
    department text NOT NULL DEFAULT '',
    after uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    later boolean NOT NULL,
    moved bigint NOT NULL DEFAULT 0,
    done_at timestamptz,
    PRIMARY KEY (matter_code, day)
);
COMMENT ON COLUMN reroutes.later IS 'the day was still to come when the list was changed';
CREATE INDEX reroutes_due ON reroutes (day, matter_code) WHERE done_at IS NULL;
CREATE INDEX placements_pinned ON placements (permit) WHERE pinned;
"""


def upgrade() -> None:
    op.execute(REROUTES_14)
