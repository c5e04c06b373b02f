"""Rows that belong to a department are seen by it alone: the second wall, under the web service."""

from __future__ import annotations

from alembic import op

from services.access.policies import FORCING, MINE, of, walled, where

revision = "0042"
down_revision = "0041"


ITS_PUBLISHER = f"r.rule = rule_marks.rule AND r.content ->> 'department' = ANY({MINE}::text[])"


def _on_its_list(table: str) -> str:
    """Rows of a permit that the department is on, be it as lead or as one of the others."""
    return where("placements p", f"p.permit = {table}.permit")


CONCERNED = """
CREATE FUNCTION linkage_concerned(kind text, about uuid, said text) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE mine text[] := string_to_array(current_setting('linkage.scope', true), ',');
BEGIN
    IF mine IS NULL OR cardinality(mine) = 0 THEN
        RETURN false;
    END IF;
    IF kind IN ('reminder_given', 'limit_reached', 'escalated', 'urged', 'deadline_recomputed', 'holder_named') THEN
        RETURN said::jsonb ->> 'owner' = ANY(mine)
            OR EXISTS (SELECT FROM placements WHERE permit = (said::jsonb ->> 'about')::uuid
                       AND (lead = ANY(mine) OR co_departments && mine));
    END IF;
    IF kind IN ('officer_registered', 'leave_recorded', 'officer_departed') AND EXISTS (
        SELECT FROM officers WHERE officer = said::jsonb ->> 'officer' AND department = ANY(mine)) THEN
        RETURN true;
    END IF;
    RETURN EXISTS (SELECT FROM placements WHERE permit = about AND (lead = ANY(mine) OR co_departments && mine))
        OR EXISTS (SELECT FROM cases WHERE permit = about AND department = ANY(mine))
        OR EXISTS (SELECT FROM consultations WHERE permit = about AND bodies && mine)
        OR EXISTS (SELECT FROM penalties WHERE penalty = about AND department = ANY(mine))
        OR EXISTS (SELECT FROM findings WHERE finding = about AND (department = ANY(mine)
            OR EXISTS (SELECT FROM placements p WHERE p.permit = findings.permit
                       AND (p.lead = ANY(mine) OR p.co_departments && mine))))
        OR EXISTS (SELECT FROM handovers WHERE list = about AND department = ANY(mine))
        OR said::jsonb ->> 'department' = ANY(mine);
END $$;
COMMENT ON FUNCTION linkage_concerned IS 'whether a record is about what a department of linkage.scope watches or said';
"""
"""Asked of records one by one, and only for who may not see everybody's."""

TOLD_TO_ALL = (
    "duty_assigned", "duty_changed", "duty_ended", "code_mapped", "limit_set", "calendar_days_set",
    "rule_changed", "rule_change_corrected", "rule_change_withdrawn", "canary_returned", "numbers_asked_for",
    "numbers_arrived",
)  # fmt: skip
"""What is public inside: duties, codes, limits, rules, and the machinery's own signs of life."""


def _records(table: str) -> str:
    kinds = ", ".join(f"'{kind}'" for kind in TOLD_TO_ALL)
    return walled(table, f"cardinality({MINE}) > 0 AND type IN ({kinds})", "linkage_concerned(type, stream, data)")


WALLS = "".join(
    (
        walled("placements", of("lead"), f"co_departments && {MINE}::text[]"),
        walled("watch_list", of("department"), _on_its_list("watch_list")),
        walled("cases", of("department"), _on_its_list("cases")),
        walled("consultations", f"bodies && {MINE}::text[]", _on_its_list("consultations")),
        walled("exceptions"),
        walled("commitment_checks", _on_its_list("commitment_checks")),
        walled("expiries", _on_its_list("expiries")),
        walled("penalties", of("department")),
        walled("penalty_permits", where("penalties f", "f.penalty = penalty_permits.penalty")),
        walled("penalty_queue", of("department")),
        walled("penalty_second_looks", where("penalties f", "f.penalty = penalty_second_looks.penalty")),
        walled("findings", of("department"), _on_its_list("findings")),
        walled("task_receipts", of("department"), _on_its_list("task_receipts")),
        walled("handovers", of("department")),
        walled("handover_rows", of("department")),
        walled("handover_numbers", of("department")),
        walled("push_numbers", of("department")),
        walled("statement_days", of("department")),
        walled("statements", of("department")),
        walled("statement_verdicts", of("department")),
        walled("rule_marks", _on_its_list("rule_marks"), where("rule_changes r", ITS_PUBLISHER)),
        walled("officers", of("department")),
        walled("appointments", of("content ->> 'department'")),
        walled("notices", where("officers o", "o.officer = notices.officer")),
        walled("answers"),
        walled("alert_messages"),
        walled("parked_records"),
        _records("ledger"),
        _records("outbox"),
    )
)  # fmt: skip


def upgrade() -> None:
    op.execute(CONCERNED)
    op.execute(WALLS)
    op.execute(FORCING)
