"""The public keys of bodies, and the batches that they signed."""

from __future__ import annotations

from alembic import op

revision = "0038"
down_revision = "0037"

SIGNED_1 = """
CREATE TABLE body_keys (
    key text PRIMARY KEY,
    body text NOT NULL,
    algorithm text NOT NULL,
    public bytea NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_until timestamptz,
    registered_at timestamptz NOT NULL,
    registered_by text NOT NULL,
    revoked_at timestamptz,
    revoked_by text NOT NULL DEFAULT ''
);
CREATE INDEX body_keys_by_body ON body_keys (body);
COMMENT ON TABLE body_keys IS 'none is ever deleted: what a key signed while it was valid is proven by it for ever';

CREATE TABLE signed_batches (
    batch uuid PRIMARY KEY,
    body text NOT NULL,
    key text NOT NULL REFERENCES body_keys,
    size integer NOT NULL,
    root bytea NOT NULL,
    signature bytea NOT NULL,
    leaves bytea NOT NULL,
    at timestamptz NOT NULL
);
COMMENT ON COLUMN signed_batches.leaves IS 'hashes of the items, sealed: a plain one would let a number be guessed';

-- No foreign key: a thousand rows of a batch would ask a thousand times for the one row written beside them.
CREATE TABLE signed_decisions (
    permit uuid NOT NULL,
    version integer NOT NULL,
    batch uuid NOT NULL,
    leaf integer NOT NULL,
    PRIMARY KEY (permit, version)
);
"""


def upgrade() -> None:
    op.execute(SIGNED_1)
