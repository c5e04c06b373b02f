"""The tables of a store: what both services keep alike. Each side's first migration runs ``STORE_1``; ``STORE_2``
brings the way in, ``STORE_3`` what was heard of the other side, ``STORE_4`` limits and days of work and rest,
``STORE_5`` what was said about deadlines, ``STORE_7`` what is announced of signed checkpoints.

``streams`` holds the last version of each stream and refuses a second writer of the same version. ``outbox`` holds
what is committed and not numbered yet; ``ledger`` what is numbered, chained, and never changed. An event is in exactly
one of the two.
"""

from __future__ import annotations

from events.append_schema import APPEND_BEGINS, APPEND_GOES_ON

STORE_1 = """
CREATE TABLE streams (
    stream uuid PRIMARY KEY,
    version integer NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE outbox (
    lane smallint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    stream uuid NOT NULL,
    version integer NOT NULL,
    type text NOT NULL,
    schema smallint NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    data text NOT NULL,
    personal bytea,
    correlation uuid,
    causation uuid,
    digest bytea NOT NULL,
    PRIMARY KEY (lane, id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX outbox_stream ON outbox (stream);

CREATE TABLE ledger (
    position bigint PRIMARY KEY,
    partition smallint NOT NULL,
    lane smallint NOT NULL,
    stream uuid NOT NULL,
    version integer NOT NULL,
    type text NOT NULL,
    schema smallint NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    data text NOT NULL,
    personal bytea,
    correlation uuid,
    causation uuid,
    digest bytea NOT NULL,
    hash bytea NOT NULL,
    UNIQUE (stream, version)
);

CREATE TABLE ledger_head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position bigint NOT NULL,
    hash bytea NOT NULL,
    recorded_at timestamptz
);
INSERT INTO ledger_head (position, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

CREATE TABLE answers (
    caller text NOT NULL,
    key text NOT NULL,
    request bytea NOT NULL,
    answer jsonb NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (caller, key)
);

CREATE TABLE checkpoints (
    reader text NOT NULL,
    log text NOT NULL,
    partition smallint NOT NULL,
    cursor bigint NOT NULL,
    ledger_position bigint NOT NULL DEFAULT 0,
    cluster text NOT NULL,
    topic text NOT NULL,
    epoch bigint NOT NULL DEFAULT 0,
    owner text,
    owner_backend integer,
    lease_until timestamptz,
    advanced_at timestamptz,
    PRIMARY KEY (reader, log, partition)
) WITH (fillfactor = 50);

CREATE TABLE seen_versions (
    projection text NOT NULL,
    stream uuid NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (projection, stream)
) WITH (fillfactor = 80);

CREATE TABLE parked_streams (
    projection text NOT NULL,
    stream uuid NOT NULL,
    partition smallint NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    retry_requested_at timestamptz,
    PRIMARY KEY (projection, stream)
);

CREATE TABLE parked_records (
    projection text NOT NULL,
    stream uuid NOT NULL,
    version integer NOT NULL,
    recorded_at timestamptz NOT NULL,
    attributes jsonb NOT NULL,
    data bytea NOT NULL,
    personal bytea,
    PRIMARY KEY (projection, stream, version)
);

CREATE TABLE announcements (
    source text PRIMARY KEY,
    announced_at timestamptz NOT NULL,
    said jsonb NOT NULL
);

CREATE TABLE heartbeats (
    part text NOT NULL,
    worker text NOT NULL,
    beat_at timestamptz NOT NULL,
    state jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (part, worker)
);

CREATE TABLE lag_samples (
    projection text NOT NULL,
    at timestamptz NOT NULL,
    seconds double precision NOT NULL,
    events bigint NOT NULL,
    PRIMARY KEY (projection, at)
);
"""

STORE_2 = (
    """
DROP FUNCTION IF EXISTS append_events(
    smallint, uuid[], integer[], text[], smallint[], timestamptz[], text[], bytea[], uuid[], uuid[], bytea[]
);
"""
    + APPEND_BEGINS
    + APPEND_GOES_ON
)


STORE_3 = """
CREATE TABLE heard (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    announced_at timestamptz NOT NULL,
    heard_at timestamptz NOT NULL,
    looked_at timestamptz NOT NULL,
    UNIQUE (source, announced_at)
);
COMMENT ON TABLE heard IS 'what another side announced by its clock, when we first and last found it by ours';
"""

STORE_4 = """
CREATE TABLE time_rules (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version bigint NOT NULL
);
INSERT INTO time_rules (version) VALUES (0);

CREATE TABLE time_rule_entries (
    entry uuid PRIMARY KEY,
    kind text NOT NULL,
    version integer NOT NULL,
    taken bigint NOT NULL,
    content jsonb NOT NULL
);
COMMENT ON COLUMN time_rule_entries.taken IS 'time_rules.version that it made: of two about one day the later holds';
"""

STORE_5 = """
CREATE TABLE deadlines (
    item uuid PRIMARY KEY,
    version integer NOT NULL,
    content jsonb NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE scheduled_until (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    day date NOT NULL
);
COMMENT ON TABLE scheduled_until IS 'the last day of which all is said that was owed; a clock far from it is doubted';
"""

STORE_6 = (
    """
CREATE TABLE disk_room (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    free bigint NOT NULL,
    reserve bigint NOT NULL,
    closed_at timestamptz,
    looked_at timestamptz NOT NULL
);
COMMENT ON COLUMN disk_room.closed_at IS 'since when nothing new is taken; append_events asks at every append';
"""
    + APPEND_BEGINS
    + """    -- The class of a full disk: whoever waits out the one waits out the other, and parks nothing for it.
    IF coalesce(current_setting('linkage.below_reserve', true), '') <> 'on'
        AND EXISTS (SELECT FROM disk_room WHERE closed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'below the reserve of the disk nothing new is taken' USING ERRCODE = '53100';
    END IF;
"""
    + APPEND_GOES_ON
)

STORE_7 = """
CREATE TABLE spoken_checkpoint (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    said jsonb NOT NULL
);
COMMENT ON TABLE spoken_checkpoint IS 'what is announced to the other side';
"""
