"""What others imposed and found about a party whose permit a department watches is read by it; webhooks are their
body's own."""

from __future__ import annotations

from alembic import op

from services.access.policies import FORCING, read_too
from services.webhooks.tables import WALLS

revision = "0044"
down_revision = "0043"

WATCHES = """
CREATE FUNCTION linkage_watches(whom uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- By name, when it is asked: a list that was made anew has taken the place of the one that was there before.
    RETURN EXISTS (SELECT FROM watch_list WHERE party = whom
                   AND department = ANY(string_to_array(current_setting('linkage.scope', true), ',')));
END $$;
COMMENT ON FUNCTION linkage_watches IS 'whether a department of linkage.scope has a permit of this party on its list';
"""
"""By the owner, past the list's own policy: that one lets rows of others be seen, which make nobody a watcher."""


def _records(table: str) -> str:
    """Records of what is read so: its page tells how it came to stand as it does."""
    return "".join(
        read_too(
            table,
            f"of_watched_{kind}",
            f"type = ANY('{{{','.join(types)}}}'::text[])"
            f" AND EXISTS (SELECT FROM {kind} w WHERE w.{id} = {table}.stream)",
        )
        for kind, id, types in (("penalties", "penalty", PENALTY_RECORDS), ("findings", "finding", FINDING_RECORDS))
    )


PENALTY_RECORDS = (
    "penalty_imposed", "penalty_amended", "penalty_annulled", "credit_repaired", "penalty_matched", "penalty_unmatched",
)  # fmt: skip
FINDING_RECORDS = (
    "freeze_requested", "freeze_lifted", "freeze_lapsed", "annulment_suggested", "error_reported",
    "commitment_checked", "inspection_planned", "inspection_recorded", "rectification_checked",
)  # fmt: skip


def upgrade() -> None:
    op.execute(WATCHES)
    for table in ("penalties", "findings"):
        op.execute(read_too(table, "by_watchers", "linkage_watches(party)"))
    for table in ("ledger", "outbox"):
        op.execute(_records(table))
    op.execute(WALLS)
    op.execute(FORCING)
