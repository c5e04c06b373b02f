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


OF_WATCHED = """
CREATE FUNCTION linkage_of_watched(about uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM penalties WHERE penalty = about AND linkage_watches(party))
        OR EXISTS (SELECT FROM findings WHERE finding = about AND linkage_watches(party));
END $$;
COMMENT ON FUNCTION linkage_of_watched IS 'whether a penalty or finding is about a party that linkage.scope watches';
"""
"""Not asked of the tables in the policy itself: whoever reads the ledger for the other side may read no other table."""


def _records(table: str) -> str:
    """Records of what is read so: its page tells how it came to stand as it does."""
    return read_too(
        table, "of_watched", f"type = ANY('{{{','.join(RECORDS)}}}'::text[]) AND linkage_of_watched(stream)"
    )


RECORDS = (
    "penalty_imposed", "penalty_amended", "penalty_annulled", "credit_repaired", "penalty_matched", "penalty_unmatched",
    "freeze_requested", "freeze_lifted", "freeze_lapsed", "annulment_suggested", "error_reported",
    "commitment_checked", "inspection_planned", "inspection_recorded", "rectification_checked",
)  # fmt: skip


def upgrade() -> None:
    op.execute(WATCHES)
    op.execute(OF_WATCHED)
    for table in ("penalties", "findings"):
        op.execute(read_too(table, "by_watchers", "linkage_watches(party)"))
    for table in ("ledger", "outbox"):
        op.execute(_records(table))
    op.execute(WALLS)
    op.execute(FORCING)
