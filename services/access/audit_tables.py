"""The tables of the audit trail, alike on both sides: what was done, and the chain that shows a change to it."""

from __future__ import annotations

AUDIT_1 = """
CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    caller text NOT NULL,
    role text NOT NULL,
    body text NOT NULL,
    act text NOT NULL,
    place text NOT NULL,
    objects text[] NOT NULL,
    fields text[] NOT NULL,
    reason text NOT NULL,
    result text NOT NULL,
    origin text NOT NULL,
    digest bytea NOT NULL
);
CREATE INDEX audit_at ON audit (at, id);
CREATE INDEX audit_caller ON audit (caller, at);
COMMENT ON TABLE audit IS 'who did what with what; only added to. Ids and codes alone, no personal fact';

CREATE TABLE audit_unlinked (entry bigint PRIMARY KEY);
COMMENT ON TABLE audit_unlinked IS 'entries that are written and not yet in the chain: less than a second, as a rule';

CREATE TABLE audit_chain (
    position bigint PRIMARY KEY,
    entry bigint NOT NULL UNIQUE,
    recorded_at timestamptz NOT NULL,
    digest bytea NOT NULL,
    hash bytea NOT NULL
);

CREATE TABLE audit_head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position bigint NOT NULL,
    hash bytea NOT NULL,
    recorded_at timestamptz
);
INSERT INTO audit_head (position, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

CREATE TABLE audit_archives (
    last bigint PRIMARY KEY,
    entries bigint NOT NULL,
    file_digest bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE audit_archives IS 'up to which position of the chain entries stand in a file, and its SHA-256';

CREATE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The only way out: an entry of more than 180 days, by the command that has written it to a file before.
    IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'audit' THEN
        IF current_setting('linkage.audit_archiving', true) = 'on'
           AND OLD.at < clock_timestamp() - interval '180 days' THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit trail is only added to' USING ERRCODE = 'LK002';
END $$;
CREATE TRIGGER audit_kept BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_is_kept();
CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON audit EXECUTE FUNCTION audit_is_kept();
CREATE TRIGGER audit_chain_kept BEFORE UPDATE OR DELETE ON audit_chain FOR EACH ROW EXECUTE FUNCTION audit_is_kept();
CREATE TRIGGER audit_chain_not_emptied BEFORE TRUNCATE ON audit_chain EXECUTE FUNCTION audit_is_kept();
CREATE TRIGGER audit_archives_kept BEFORE UPDATE OR DELETE ON audit_archives
    FOR EACH ROW EXECUTE FUNCTION audit_is_kept();
"""
