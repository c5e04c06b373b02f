"""Which departments an incident touched, and how many permits came late."""

from __future__ import annotations

from alembic import op

from projections.lag_history_tables import LAG_HISTORY_2

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.execute(LAG_HISTORY_2)
