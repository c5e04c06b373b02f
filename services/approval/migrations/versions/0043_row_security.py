"""Rows that belong to a bureau are seen by it alone: the second wall, under the web service."""

from __future__ import annotations

from alembic import op

from services.access.policies import FORCING, SOMEBODY, of, public_inside, walled, where, written_for
from services.webhooks.tables import WALLS as OF_WEBHOOKS

revision = "0043"
down_revision = "0042"

WAITING = """
ALTER TABLE waiting_rows ADD COLUMN body text NOT NULL DEFAULT '';
COMMENT ON COLUMN waiting_rows.body IS 'whose decision the row is; empty where that was not kept when it began to wait';
UPDATE waiting_rows w SET body = f.body FROM file_imports f WHERE f.batch = w.batch;
UPDATE waiting_rows w SET body = p.body FROM batch_entries b JOIN published p USING (permit, version)
    WHERE w.body = '' AND b.batch = w.batch;
"""

DECIDES = """
CREATE FUNCTION linkage_decides(about uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM published WHERE permit = about
                   AND body = ANY(string_to_array(current_setting('linkage.scope', true), ',')));
END $$;
COMMENT ON FUNCTION linkage_decides IS 'whether a body of linkage.scope has decided about a permit';

CREATE FUNCTION linkage_consulted(about uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM told_steps WHERE permit = about AND step = 'consultation_opened'
                   AND said -> 'parties' ?| string_to_array(current_setting('linkage.scope', true), ','));
END $$;
COMMENT ON FUNCTION linkage_consulted IS 'whether a body of linkage.scope is asked for its opinion about a permit';
"""
"""By the owner, past the tables' own policies: those of a table may not ask the table itself."""

CONCERNED = """
CREATE FUNCTION linkage_concerned(kind text, about uuid, said text) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE mine text[] := string_to_array(current_setting('linkage.scope', true), ',');
BEGIN
    IF mine IS NULL OR cardinality(mine) = 0 THEN
        RETURN false;
    END IF;
    IF EXISTS (SELECT FROM published WHERE permit = about AND body = ANY(mine)) THEN
        RETURN true;
    END IF;
    IF kind IN ('reminder_given', 'limit_reached', 'escalated', 'urged', 'deadline_recomputed', 'holder_named') THEN
        RETURN said::jsonb ->> 'owner' = ANY(mine) OR linkage_decides((said::jsonb ->> 'about')::uuid);
    END IF;
    IF kind IN ('officer_registered', 'leave_recorded', 'officer_departed') AND EXISTS (
        SELECT FROM officers WHERE officer = said::jsonb ->> 'officer' AND department = ANY(mine)) THEN
        RETURN true;
    END IF;
    RETURN linkage_consulted(about)
        OR said::jsonb ->> 'body' = ANY(mine)
        OR said::jsonb ->> 'department' = ANY(mine)
        OR said::jsonb #>> '{facts,deciding_body}' = ANY(mine);
END $$;
COMMENT ON FUNCTION linkage_concerned IS 'whether a record is about what a bureau of linkage.scope decided, or said';
"""
"""Asked of records one by one, and only for who may not see everybody's. A function, since whoever reads the ledger for
the other side may read no table that a policy would ask."""

TOLD_TO_ALL = (
    "body_registered", "matter_mapped", "limit_set", "calendar_days_set", "standing_rule_set", "rule_change_received",
    "rule_change_acknowledged", "canary_sent", "numbers_asked_for", "numbers_arrived",
)  # fmt: skip
"""What is public inside: bodies, matters, limits, who answered a rule change, and the machinery's own signs of life."""

_OF_PERMIT = "linkage_decides(permit)"
_ASKED = "step IN ('consultation_opened', 'opinion_given', 'ruling_made') AND linkage_consulted(permit)"


def _records(table: str) -> str:
    kinds = ", ".join(f"'{kind}'" for kind in TOLD_TO_ALL)
    return walled(
        table,
        f"{SOMEBODY} AND type IN ({kinds})",
        "linkage_concerned(type, stream, data)",
    )


WALLS = "".join(
    (
        walled("published", of("body"), _OF_PERMIT, written=written_for("body")),
        walled("batch_entries", where("published p", "p.permit = batch_entries.permit"
                                      " AND p.version = batch_entries.version")),
        walled("bounced", of("body")),
        walled("told", of("deciding_body"), _OF_PERMIT),
        walled("told_steps", _OF_PERMIT, _ASKED),
        walled("told_waiting", _OF_PERMIT),
        walled("passed_over_told", _OF_PERMIT),
        walled("file_imports", of("body")),
        walled("refused_rows", where("file_imports f", "f.import = refused_rows.import")),
        walled("waiting_rows", of("body")),
        walled("waiting_replies", of("bureau")),
        walled("unanswered_commands"),
        walled("tasks", of("body")),
        walled("handovers", of("body")),
        walled("statement_days", of("body")),
        walled("statements", of("body")),
        walled("statement_verdicts", of("body")),
        walled("pending_applications", of("body")),
        walled("signed_batches", of("body"), written=written_for("body")),
        walled("signed_decisions", _OF_PERMIT),
        walled("officers", of("department")),
        walled("appointments", of("content ->> 'department'")),
        walled("notices", where("officers o", "o.officer = notices.officer")),
        walled("rule_answers", of("body")),
        public_inside("rule_answers"),
        walled("party_facts"),
        public_inside("party_facts"),
        walled("erasures"),
        walled("answers"),
        walled("alert_messages"),
        walled("parked_records"),
        _records("ledger"),
        _records("outbox"),
        OF_WEBHOOKS,
    )
)  # fmt: skip


def upgrade() -> None:
    op.execute(WAITING)
    op.execute(DECIDES)
    op.execute(CONCERNED)
    op.execute(WALLS)
    op.execute(FORCING)
