"""What each body has published and about whom, newest first; what reached nobody or came back; names of codes."""

from alembic import op

revision = "0019"
down_revision = "0018"

PUBLISHED_19 = """
CREATE TABLE published (
    permit uuid NOT NULL,
    version integer NOT NULL,
    body text NOT NULL,
    type text NOT NULL,
    party uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (permit, version)
);
CREATE INDEX published_by_party ON published (party);
CREATE INDEX published_by_body ON published (body, recorded_at, permit, version);
-- Most decisions are grants, and are found by the index above; the others would be looked for among all of them.
CREATE INDEX published_but_grants ON published (body, type, recorded_at, permit, version)
    WHERE type <> 'permit_granted';

INSERT INTO published (permit, version, body, type, party, recorded_at)
SELECT stream, version, data::jsonb->'facts'->>'deciding_body', type,
       (data::jsonb->'facts'->'party'->>'party_id')::uuid, recorded_at
FROM (SELECT stream, version, type, data, recorded_at FROM ledger
      UNION ALL SELECT stream, version, type, data, recorded_at FROM outbox) AS said
WHERE type LIKE 'permit\\_%' OR type = 'decision_retracted';

CREATE TABLE bounced (
    permit uuid PRIMARY KEY,
    body text NOT NULL,
    why text NOT NULL,
    since timestamptz NOT NULL
);
CREATE INDEX bounced_by_body ON bounced (body, why, since);

INSERT INTO bounced (permit, body, why, since)
SELECT DISTINCT ON (w.permit) w.permit, p.body, 'waiting', w.since
FROM told_waiting w JOIN published p ON p.permit = w.permit AND p.version = w.permit_version
WHERE NOT EXISTS (SELECT FROM told t WHERE t.permit = w.permit AND t.permit_version >= w.permit_version)
ORDER BY w.permit, w.permit_version DESC;

INSERT INTO bounced (permit, body, why, since)
SELECT DISTINCT ON (r.permit) r.permit, p.body, 'returned', r.at
FROM told_steps r JOIN published p ON p.permit = r.permit
WHERE r.step = 'push_returned'
  AND NOT EXISTS (SELECT FROM told_steps s WHERE s.permit = r.permit AND s.version > r.version
                  AND s.step IN ('push_signed', 'push_handled', 'push_closed'))
ORDER BY r.permit, r.version DESC
ON CONFLICT DO NOTHING;

CREATE TABLE duty_names (
    code text PRIMARY KEY,
    name text NOT NULL,
    at timestamptz NOT NULL
);
"""


def upgrade() -> None:
    op.execute(PUBLISHED_19)
