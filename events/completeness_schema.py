"""The tables of completeness, which both sides keep alike: which numbers came, and daily statements."""

from __future__ import annotations

NUMBERS = """
CREATE TABLE received_numbers (
    series text NOT NULL,
    day date NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    joined boolean NOT NULL DEFAULT false
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX received_numbers_series ON received_numbers (series, day);
CREATE INDEX received_numbers_new ON received_numbers (series, day) WHERE NOT joined;
COMMENT ON TABLE received_numbers IS 'runs of numbers that came, parked ones too; day: in China, of the event';
-- What was read before numbers were counted counts as received: `linkage reconcile` proves that part.
INSERT INTO received_numbers (series, day, first, last)
    SELECT reader, (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date, 1, max(ledger_position) FROM checkpoints
    WHERE reader IN ('intake', 'told') GROUP BY reader HAVING max(ledger_position) > 0;

CREATE TABLE announced_heads (
    source text NOT NULL,
    head bigint NOT NULL,
    heard_at timestamptz NOT NULL,
    PRIMARY KEY (source, head)
);
COMMENT ON TABLE announced_heads IS 'heads that a source announced, one each 30 s: a lost tail has no number after it';

CREATE TABLE missing_numbers (
    series text NOT NULL,
    day date NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    noticed_at timestamptz NOT NULL,
    PRIMARY KEY (series, first)
);

CREATE TABLE number_requests (
    request uuid PRIMARY KEY,
    version integer NOT NULL,
    source text NOT NULL,
    runs jsonb NOT NULL,
    asked integer NOT NULL,
    asked_at timestamptz NOT NULL,
    by_whom text NOT NULL,
    arrived_at timestamptz
);
CREATE INDEX number_requests_open ON number_requests (source) WHERE arrived_at IS NULL;

CREATE TABLE asked_of_us (
    request uuid NOT NULL,
    asked integer NOT NULL,
    runs jsonb NOT NULL,
    asked_at timestamptz NOT NULL,
    sent_at timestamptz,
    PRIMARY KEY (request, asked)
);
CREATE INDEX asked_of_us_unsent ON asked_of_us (asked_at) WHERE sent_at IS NULL;
"""

STATEMENTS = """
CREATE TABLE statement_days (
    body text NOT NULL,
    department text NOT NULL,
    day date NOT NULL,
    marks bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (body, department, day)
) WITH (fillfactor = 50);
COMMENT ON TABLE statement_days IS 'days of which something came since their last statement was drawn';

CREATE TABLE statements (
    body text NOT NULL,
    department text NOT NULL,
    day date NOT NULL,
    side text NOT NULL,
    part integer NOT NULL,
    pushes integer NOT NULL,
    ids_hash text NOT NULL,
    runs jsonb NOT NULL,
    drawn_at timestamptz NOT NULL,
    PRIMARY KEY (day, body, department, side, part)
);

CREATE TABLE statement_verdicts (
    body text NOT NULL,
    department text NOT NULL,
    day date NOT NULL,
    side text NOT NULL,
    version integer NOT NULL,
    part integer NOT NULL,
    pushes integer NOT NULL,
    ids_hash text NOT NULL,
    signed boolean NOT NULL,
    officer text NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (day, body, department, side, version)
);
"""
