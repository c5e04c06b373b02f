"""The store, the parties with their keys, and the numbers that are taken."""

from alembic import op

from events.schema import STORE_1

revision = "0001"
down_revision = None

APPROVAL_1 = """
CREATE TABLE parties (
    party uuid PRIMARY KEY,
    fingerprint bytea NOT NULL UNIQUE,
    kind text NOT NULL,
    wrapped_key bytea,
    registered_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN parties.wrapped_key IS 'NULL after erasure: the personal facts of this party can be read by nobody';

CREATE TABLE permit_numbers (
    fingerprint bytea PRIMARY KEY,
    permit uuid NOT NULL
);

CREATE TABLE batch_entries (
    batch uuid NOT NULL,
    permit uuid NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (batch, permit, version)
);
"""


def upgrade() -> None:
    op.execute(STORE_1)
    op.execute(APPROVAL_1)
