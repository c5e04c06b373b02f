"""The tables of signed checkpoints, alike on both sides. ``checkpoints`` of a store are where readers stand: others."""

from __future__ import annotations

CHECKPOINTS_1 = """
CREATE TABLE ledger_tree (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    origin text NOT NULL,
    hash text NOT NULL,
    blocks bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE ledger_tree IS 'the Merkle tree over the ledger: its name, its hash, how many blocks of 256 it keeps';

CREATE TABLE ledger_tree_nodes (
    level smallint NOT NULL,
    index bigint NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (level, index)
);
COMMENT ON TABLE ledger_tree_nodes IS 'complete nodes from level 8 on; those below are computed from the ledger';

CREATE TABLE signing_keys (
    id text PRIMARY KEY,
    name text NOT NULL,
    algorithm text NOT NULL,
    public bytea NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_until timestamptz
);
COMMENT ON TABLE signing_keys IS 'public keys only; the secret is in a file beside the master key';

CREATE TABLE signed_checkpoints (
    size bigint PRIMARY KEY,
    root bytea NOT NULL,
    at timestamptz NOT NULL,
    note text NOT NULL,
    newest_at timestamptz NOT NULL,
    newest_note text NOT NULL
);
COMMENT ON TABLE signed_checkpoints IS 'of each size the first note and, while nothing was recorded, the newest';

CREATE TABLE heard_keys (
    source text NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    algorithm text NOT NULL,
    public bytea NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_until timestamptz,
    trusted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (source, id)
);

CREATE TABLE heard_checkpoints (
    source text NOT NULL,
    origin text NOT NULL,
    size bigint NOT NULL,
    root bytea NOT NULL,
    at timestamptz NOT NULL,
    note text NOT NULL,
    heard_at timestamptz NOT NULL,
    newest_at timestamptz NOT NULL,
    proven boolean NOT NULL,
    PRIMARY KEY (source, origin, size, root)
);
COMMENT ON COLUMN heard_checkpoints.newest_at IS 'time of the newest note of the same size';
COMMENT ON COLUMN heard_checkpoints.proven IS 'it follows from the one held before; if not, it is kept as evidence';

CREATE TABLE checkpoint_standing (
    source text PRIMARY KEY,
    good_at timestamptz NOT NULL,
    looked_at timestamptz NOT NULL,
    fault text,
    fault_since timestamptz
);
COMMENT ON TABLE checkpoint_standing IS 'of either side: when its checkpoint was last good, and what is wrong with it';
"""

CHECKPOINTS_2 = """
CREATE FUNCTION ledger_leaves(after_position bigint, last_position bigint)
RETURNS TABLE ("position" bigint, recorded_at timestamptz, digest bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT l.position, l.recorded_at, l.digest FROM ledger l
    WHERE l.position > after_position AND l.position <= last_position ORDER BY l.position
$$;
COMMENT ON FUNCTION ledger_leaves IS
    'number, time and digest of every record, also for whoever sees only some: a proof is made of all, and shows none';
"""
