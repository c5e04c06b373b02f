"""Which pushes were delivered, decided, signed, returned or moved when: by blocks, so that writing costs nothing."""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"

STATEMENTS = """
CREATE INDEX cases_of_a_time ON cases USING brin (delivered_at, decision_date)
    WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX cases_settled ON cases USING brin (signed_at, returned_at, moved_at)
    WITH (pages_per_range = 32, autosummarize = on);
"""


def upgrade() -> None:
    op.execute(STATEMENTS)
