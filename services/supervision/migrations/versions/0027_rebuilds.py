"""Lists made anew from recorded pushes, beside those that are read: how far, what differs, which of them is read."""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"

STATEMENTS = """
CREATE TABLE rebuilds (
    number integer PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('filling', 'ready', 'switched', 'ended')),
    paused boolean NOT NULL DEFAULT false,
    begun_by text NOT NULL,
    begun_at timestamptz NOT NULL,
    through uuid,
    since bigint NOT NULL,
    permits bigint NOT NULL DEFAULT 0,
    expected bigint NOT NULL,
    rows bigint NOT NULL DEFAULT 0,
    worked interval NOT NULL DEFAULT '0',
    filled_at timestamptz,
    comparison jsonb,
    compared_at timestamptz,
    ended_at timestamptz
);
CREATE UNIQUE INDEX rebuilds_at_work ON rebuilds ((true)) WHERE state <> 'ended';
COMMENT ON COLUMN rebuilds.through IS 'the last permit that is filled in: where a process that was killed goes on';
COMMENT ON COLUMN rebuilds.since IS 'up to this number of the ledger every push is in the other list';
CREATE TABLE rebuild_steps (
    number integer NOT NULL REFERENCES rebuilds,
    at timestamptz NOT NULL,
    step text NOT NULL,
    by text NOT NULL
);
CREATE INDEX rebuild_steps_of ON rebuild_steps (number, at);
"""


def upgrade() -> None:
    op.execute(STATEMENTS)
