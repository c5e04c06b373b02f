"""The tables of webhooks, alike on both sides."""

from __future__ import annotations

from services.access.policies import of, walled, where

WEBHOOKS_1 = """
CREATE TABLE webhook_endpoints (
    endpoint uuid PRIMARY KEY,
    body text NOT NULL,
    url text NOT NULL,
    kinds text[] NOT NULL,
    scheme text NOT NULL CHECK (scheme IN ('v1', 'v1a')),
    state text NOT NULL DEFAULT 'enabled' CHECK (state IN ('enabled', 'disabled')),
    reason text,
    after_position bigint NOT NULL,
    failing_since timestamptz,
    paused_until timestamptz,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    UNIQUE (body, url)
);
COMMENT ON COLUMN webhook_endpoints.after_position IS 'what the ledger held when it was registered: it hears of later';
COMMENT ON COLUMN webhook_endpoints.reason IS 'what went wrong last, without address; NULL after a success';

CREATE TABLE webhook_secrets (
    endpoint uuid NOT NULL REFERENCES webhook_endpoints ON DELETE CASCADE,
    number integer NOT NULL,
    sealed bytea NOT NULL,
    ends_at timestamptz,
    PRIMARY KEY (endpoint, number)
);
COMMENT ON COLUMN webhook_secrets.ends_at IS 'until when the one before a rotation still signs; NULL for the newest';

CREATE TABLE webhook_messages (
    message uuid PRIMARY KEY,
    endpoint uuid NOT NULL REFERENCES webhook_endpoints ON DELETE CASCADE,
    kind text NOT NULL,
    content text NOT NULL CHECK (octet_length(content) <= 20480),
    state text NOT NULL CHECK (state IN ('queued', 'delivered', 'given_up')),
    attempts integer NOT NULL DEFAULT 0,
    reason text,
    next_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX webhook_messages_due ON webhook_messages (endpoint, next_at) WHERE state = 'queued';
CREATE INDEX webhook_messages_newest ON webhook_messages (created_at);

CREATE TABLE webhook_cursor (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position bigint NOT NULL
);
INSERT INTO webhook_cursor (position) SELECT position FROM ledger_head;
COMMENT ON TABLE webhook_cursor IS 'up to which number of the side''s own ledger messages were queued';
"""

WALLS = walled("webhook_endpoints", of("body")) + walled(
    "webhook_messages", where("webhook_endpoints e", "e.endpoint = webhook_messages.endpoint")
)
"""A message repeats an event, and an address may hold a key of its owner's."""

WEBHOOKS_2 = """
ALTER TABLE webhook_endpoints ADD COLUMN checkpoint_size bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN webhook_endpoints.checkpoint_size IS 'records of the newest checkpoint that was queued for it';

CREATE TABLE checkpoints_sent (
    body text NOT NULL,
    size bigint NOT NULL,
    way text NOT NULL CHECK (way IN ('webhook', 'stream')),
    sent_at timestamptz NOT NULL,
    PRIMARY KEY (body, size, way)
);
CREATE INDEX checkpoints_sent_at ON checkpoints_sent (sent_at);
COMMENT ON TABLE checkpoints_sent IS 'which checkpoints of this side a body''s own systems were sent, and when';
COMMENT ON COLUMN checkpoints_sent.way IS 'webhook: it answered 2xx; stream: it was written to an open line';
"""

WEBHOOKS_3 = """
UPDATE webhook_endpoints SET kinds = ARRAY(SELECT unnest(array_append(kinds, 'checkpoint.signed')) ORDER BY 1)
WHERE NOT 'checkpoint.signed' = ANY(kinds)
  AND (kinds @> ARRAY['push.made', 'push.moved']
       OR kinds @> ARRAY['rule.received', 'task.opened', 'task.reopened', 'task.withdrawn']);
"""
"""Who was registered for all there was, when checkpoints were not sent yet, is registered for them too. Whoever chose
among the kinds goes on as he chose: ``linkage webhooks kinds``."""
SENT_WALLS = walled("checkpoints_sent", of("body"))
