"""The table of machine keys, which both sides keep alike."""

from __future__ import annotations

KEYS_1 = """
CREATE TABLE machine_keys (
    key text PRIMARY KEY,
    name text NOT NULL,
    body text NOT NULL,
    actions text[] NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at <= made_at + interval '365 days'),
    revoked_at timestamptz,
    revoked_by text NOT NULL DEFAULT '',
    last_used_at timestamptz
);
CREATE INDEX machine_keys_by_name ON machine_keys (body, name);
COMMENT ON COLUMN machine_keys.digest IS 'SHA-256 of the secret, 256 random bits: the secret itself is kept nowhere';
COMMENT ON COLUMN machine_keys.last_used_at IS 'to within the hour';
"""

KEYS_2 = """
ALTER TABLE machine_keys ADD COLUMN certificate text;
CREATE INDEX machine_keys_by_certificate ON machine_keys (certificate) WHERE certificate IS NOT NULL;
COMMENT ON COLUMN machine_keys.certificate IS 'a name in the certificate that stands for the secret (mutual TLS)';
"""
