"""The store, the duty list, where each permit stands, the push numbers and the exception queue."""

from alembic import op

from events.schema import STORE_1

revision = "0001"
down_revision = None

SUPERVISION_1 = """
CREATE TABLE duty_register (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version bigint NOT NULL
);
INSERT INTO duty_register (version) VALUES (0);

CREATE TABLE duties (
    duty uuid PRIMARY KEY,
    version integer NOT NULL,
    content jsonb NOT NULL
);

CREATE TABLE departments (
    department text PRIMARY KEY,
    name text NOT NULL
);

CREATE TABLE placements (
    permit uuid PRIMARY KEY,
    lead text NOT NULL,
    co_departments text[] NOT NULL,
    push_version integer NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE push_numbers (
    body text NOT NULL,
    department text NOT NULL,
    last bigint NOT NULL,
    PRIMARY KEY (body, department)
) WITH (fillfactor = 50);

CREATE TABLE exceptions (
    permit uuid PRIMARY KEY,
    partition smallint NOT NULL,
    reason text NOT NULL,
    owner text NOT NULL,
    since timestamptz NOT NULL,
    matter_code text NOT NULL,
    region_code text NOT NULL,
    level text NOT NULL,
    deciding_body text NOT NULL,
    deciding_body_name text NOT NULL,
    decision_date date NOT NULL,
    raised_version integer NOT NULL,
    register_version bigint NOT NULL
);
CREATE INDEX exceptions_since ON exceptions (since);
"""


def upgrade() -> None:
    op.execute(STORE_1)
    op.execute(SUPERVISION_1)
