"""The tables of officers and of what they are told: both sides keep them alike."""

from __future__ import annotations

PEOPLE_1 = """
CREATE TABLE people_register (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version bigint NOT NULL
);
INSERT INTO people_register (version) VALUES (0);

CREATE TABLE officers (
    officer text PRIMARY KEY,
    version integer NOT NULL,
    department text NOT NULL,
    content jsonb NOT NULL,
    name text NOT NULL,
    post text NOT NULL,
    mail text NOT NULL,
    phone text NOT NULL,
    webhook text NOT NULL
);
COMMENT ON COLUMN officers.name IS 'this and what follows is in no event, and is kept in this database alone';

CREATE TABLE appointments (
    appointment uuid PRIMARY KEY,
    version integer NOT NULL,
    content jsonb NOT NULL
);

CREATE TABLE holders (
    item uuid PRIMARY KEY,
    version integer NOT NULL,
    officer text,
    content jsonb NOT NULL
) WITH (fillfactor = 80);
COMMENT ON TABLE holders IS 'who holds each item, or held it last; what is open is told by the item''s own table';
"""

NOTICES_1 = """
CREATE TABLE tidings (
    tiding uuid PRIMARY KEY,
    item uuid NOT NULL,
    kind text NOT NULL,
    occasion text NOT NULL,
    officer text,
    since timestamptz NOT NULL,
    outcome text,
    settled_at timestamptz
);
CREATE INDEX tidings_waiting ON tidings (since, tiding) WHERE outcome IS NULL;
CREATE INDEX tidings_untold ON tidings (settled_at) WHERE outcome <> 'told';
COMMENT ON TABLE tidings IS 'what an officer is to be told, by the event that it follows from: noted with it, once';

CREATE TABLE notices (
    notice uuid PRIMARY KEY,
    officer text NOT NULL,
    channel text NOT NULL,
    content jsonb NOT NULL,
    urgent boolean NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'sent', 'delivered', 'given_up')),
    attempts integer NOT NULL DEFAULT 0,
    reason text,
    next_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX notices_due ON notices (next_at) WHERE state = 'queued';
CREATE INDEX notices_newest ON notices (created_at, notice);
CREATE INDEX notices_failed ON notices (created_at, notice) WHERE state = 'given_up';
"""
