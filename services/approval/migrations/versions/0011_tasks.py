"""Tasks of the approval desk, and what is known against a party."""

from alembic import op

revision = "0011"
down_revision = "0010"

TASKS_11 = """
CREATE TABLE tasks (
    task uuid PRIMARY KEY,
    version integer NOT NULL,
    kind text NOT NULL,
    about uuid NOT NULL,
    permit uuid NOT NULL,
    body text NOT NULL,
    department text NOT NULL,
    state text NOT NULL,
    review boolean NOT NULL,
    due date NOT NULL,
    due_estimated boolean NOT NULL,
    opened_on date NOT NULL,
    asked_on date NOT NULL,
    facts jsonb NOT NULL,
    outcome text,
    clerk text,
    answered_at timestamptz
);
CREATE INDEX tasks_by_body ON tasks (body, state, due, task);
CREATE INDEX tasks_by_due ON tasks (state, due, task);
CREATE INDEX tasks_about ON tasks (about);

CREATE TABLE party_facts (
    fact uuid PRIMARY KEY,
    kind text NOT NULL,
    version integer NOT NULL,
    party uuid NOT NULL,
    holds boolean NOT NULL,
    since date NOT NULL,
    until date,
    due date,
    matters text[] NOT NULL,
    permit uuid,
    permit_number text NOT NULL,
    source text NOT NULL,
    source_name text NOT NULL,
    document_number text NOT NULL,
    subject text NOT NULL,
    recorded_at timestamptz NOT NULL
);
COMMENT ON COLUMN party_facts.holds IS 'as last said: a day that has passed since is compared when it is read';
CREATE INDEX party_facts_by_party ON party_facts (party);

CREATE TABLE standing_rules (
    rule uuid NOT NULL,
    version integer NOT NULL,
    kind text NOT NULL,
    matter_code text NOT NULL,
    same_matter boolean NOT NULL,
    means text NOT NULL,
    legal_basis text NOT NULL,
    clerk text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    PRIMARY KEY (rule, version)
);
"""

# Permits revoked or annulled before there was the table; every later decision writes its own row.
KNOWN_11 = """
INSERT INTO party_facts (fact, kind, version, party, holds, since, matters, permit, permit_number, source, source_name,
                         document_number, subject, recorded_at)
SELECT stream, 'permit_' || status, version, (facts -> 'party' ->> 'party_id')::uuid, true, decided, ARRAY[
           facts ->> 'matter_code'], stream, facts ->> 'permit_number', facts ->> 'deciding_body',
       facts ->> 'deciding_body_name', facts ->> 'document_number', subject, recorded_at
FROM (
    SELECT DISTINCT ON (stream) stream, version, recorded_at, data::jsonb -> 'facts' AS facts,
        data::jsonb ->> 'status' AS status, (data::jsonb ->> 'decision_date')::date AS decided,
        coalesce(nullif(data::jsonb ->> 'reason', ''), data::jsonb ->> 'legal_basis', '') AS subject
    FROM (
        SELECT stream, version, recorded_at, data FROM ledger UNION ALL
        SELECT stream, version, recorded_at, data FROM outbox
    ) AS recorded
    WHERE stream IN (
        SELECT stream FROM ledger WHERE type IN ('permit_revoked', 'permit_annulled') UNION ALL
        SELECT stream FROM outbox WHERE type IN ('permit_revoked', 'permit_annulled')
    )
    ORDER BY stream, version DESC
) AS newest
WHERE status IN ('revoked', 'annulled');
"""


def upgrade() -> None:
    op.execute(TASKS_11)
    op.execute(KNOWN_11)
