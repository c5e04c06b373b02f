"""The tables of what operators are told, alike on both sides."""

from __future__ import annotations

ALERTS_1 = """
CREATE TABLE alerts (
    alert text NOT NULL,
    subject text NOT NULL,
    said text NOT NULL,
    since timestamptz NOT NULL,
    opened_at timestamptz,
    closed_at timestamptz,
    told integer NOT NULL DEFAULT 0,
    told_at timestamptz,
    closing_told boolean NOT NULL DEFAULT false,
    muted boolean NOT NULL DEFAULT false,
    PRIMARY KEY (alert, subject, since)
);
CREATE UNIQUE INDEX alerts_open ON alerts (alert, subject) WHERE closed_at IS NULL;
CREATE INDEX alerts_closed ON alerts (closed_at);
COMMENT ON COLUMN alerts.opened_at IS 'when it had held long enough to be an alert; NULL until then';
COMMENT ON COLUMN alerts.muted IS 'a planned silence keeps it from being sent; it is sent when the silence is over';

CREATE TABLE silences (
    silence integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert text NOT NULL,
    owner text NOT NULL,
    reason text NOT NULL,
    begins_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at >= begins_at AND ends_at <= begins_at + interval '7 days'),
    ended_by text
);
CREATE INDEX silences_newest ON silences (ends_at);
COMMENT ON COLUMN silences.alert IS 'its name; empty: every alert of this side';

CREATE TABLE alert_messages (
    message uuid PRIMARY KEY,
    recipient text NOT NULL,
    channel text NOT NULL,
    text text NOT NULL,
    urgent boolean NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'sent', 'delivered', 'given_up')),
    attempts integer NOT NULL DEFAULT 0,
    reason text,
    next_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX alert_messages_due ON alert_messages (next_at) WHERE state = 'queued';
CREATE INDEX alert_messages_newest ON alert_messages (created_at);
COMMENT ON TABLE alert_messages IS 'what went to operators, by the name of the recipient; addresses are in the file';
"""
