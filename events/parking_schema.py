"""What both sides keep about parked streams beside the records that wait: what is asked for, and what was done."""

from __future__ import annotations

PARKING = """
CREATE TABLE parked_requests (
    projection text NOT NULL,
    stream uuid NOT NULL,
    partition smallint NOT NULL,
    version integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('skip', 'repair')),
    reason text NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    consented_by text CHECK (lower(consented_by) <> lower(asked_by)),
    consented_at timestamptz,
    PRIMARY KEY (projection, stream)
);
COMMENT ON TABLE parked_requests IS 'what is open: the owner of the partition carries it out and removes it';
CREATE TABLE parked_acts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    projection text NOT NULL,
    stream uuid,
    version integer,
    act text NOT NULL,
    by text NOT NULL,
    reason text NOT NULL DEFAULT '',
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX parked_acts_of ON parked_acts (projection, id);
CREATE INDEX parked_acts_about ON parked_acts (stream, id);
COMMENT ON COLUMN parked_acts.stream IS 'none: it was about every stream that was parked for a reason';
"""
