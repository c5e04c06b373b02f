"""The tables of rule changes, which both sides keep alike: each side's migration runs ``RULE_CHANGES_1``."""

from __future__ import annotations

RULE_CHANGES_1 = """
CREATE TABLE rule_changes (
    rule uuid PRIMARY KEY,
    partition smallint NOT NULL,
    version integer NOT NULL,
    standing text NOT NULL,
    required_version integer NOT NULL,
    content jsonb NOT NULL,
    published_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    withdrawn jsonb
);
COMMENT ON COLUMN rule_changes.required_version IS 'the last version that a body must have answered';
CREATE INDEX rule_changes_newest ON rule_changes (published_at, rule);

CREATE TABLE rule_answers (
    rule uuid NOT NULL,
    body text NOT NULL,
    name text NOT NULL DEFAULT '',
    why text NOT NULL,
    asked_version integer NOT NULL DEFAULT 0,
    asked_at timestamptz,
    answered_version integer NOT NULL DEFAULT 0,
    answered_at timestamptz,
    clerk text NOT NULL DEFAULT '',
    answers jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (rule, body)
);
COMMENT ON COLUMN rule_answers.asked_version IS 'the version that last reached the body for an answer; 0: none has';
CREATE INDEX rule_answers_of_body ON rule_answers (body, rule);
CREATE INDEX rule_answers_unanswered ON rule_answers (asked_at) WHERE answered_version < asked_version;
CREATE INDEX rule_answers_answered ON rule_answers (answered_at);
"""
