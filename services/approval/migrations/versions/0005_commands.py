"""Commands of the topic: replies that wait to be published, and records that nobody could be answered about."""

from alembic import op

revision = "0005"
down_revision = "0004"

COMMANDS_5 = """
CREATE TABLE waiting_replies (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reply uuid NOT NULL UNIQUE,
    bureau text NOT NULL,
    command text NOT NULL,
    answered_at timestamptz NOT NULL,
    answer bytea NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE TABLE unanswered_commands (
    topic text NOT NULL,
    partition smallint NOT NULL,
    "offset" bigint NOT NULL,
    code text NOT NULL,
    reason text NOT NULL,
    owner text NOT NULL,
    digest bytea NOT NULL,
    size integer NOT NULL,
    sent_at timestamptz NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at timestamptz,
    settled_because text,
    PRIMARY KEY (topic, partition, "offset")
);
COMMENT ON TABLE unanswered_commands IS 'where the record lies and its digest: the contents stay in the topic';
CREATE INDEX unanswered_commands_open ON unanswered_commands (since) WHERE settled_at IS NULL;
"""


def upgrade() -> None:
    op.execute(COMMANDS_5)
