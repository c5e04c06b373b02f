"""How far behind lists were on each of 90 days, and when they were not level: what the samples say, kept ready."""

from alembic import op

from projections.lag_history_tables import LAG_HISTORY_1

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.execute(LAG_HISTORY_1)
