"""The tables of accounts and of those who are signed in, of one shape on both sides."""

ACCOUNTS_1 = """
CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    staff text NOT NULL UNIQUE,
    role text NOT NULL,
    body text NOT NULL DEFAULT '',
    -- which of the three administrators it ever was: it becomes none of the other two (三员分立)
    administrator text NOT NULL DEFAULT '',
    -- who it is at the site's provider (OpenID Connect); empty for a local account
    subject text NOT NULL DEFAULT '',
    -- argon2id; empty where a provider asks
    password text NOT NULL DEFAULT '',
    -- an initial password is good until then, for one log-in that replaces it
    password_until timestamptz,
    -- secret of the one-time codes, sealed; and the last step of 30 s whose code was taken
    second_factor bytea,
    last_step bigint NOT NULL DEFAULT 0,
    disabled_at timestamptz,
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    CHECK (role NOT IN ('sysadmin', 'secadmin', 'auditadmin') OR role = administrator)
);
CREATE TABLE account_sessions (
    id uuid PRIMARY KEY,
    -- SHA-256 of what the browser holds: a copy of this table opens nothing
    token bytea NOT NULL UNIQUE,
    account uuid NOT NULL REFERENCES accounts,
    stage text NOT NULL CHECK (stage IN ('code', 'first', 'in')),
    began_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    address text NOT NULL,
    browser text NOT NULL,
    -- at the first log-in: the secret that is shown, sealed, until a code of it proves that it was taken
    drawn bytea
);
CREATE INDEX account_sessions_of ON account_sessions (account);
-- by keyed digest of a staff number or an address: what is typed there may be a password
CREATE TABLE sign_in_attempts (
    subject bytea PRIMARY KEY,
    failures integer NOT NULL,
    last_at timestamptz NOT NULL,
    shut_until timestamptz
);
-- log-ins on their way to the provider and back
CREATE TABLE provider_visits (
    token bytea PRIMARY KEY,
    state text NOT NULL,
    nonce text NOT NULL,
    verifier text NOT NULL,
    back_to text NOT NULL,
    ends_at timestamptz NOT NULL
);
"""
