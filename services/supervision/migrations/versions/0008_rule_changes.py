"""Rule changes, the approval bodies that must answer them, and their answers."""

from alembic import op

from projections.rule_change_tables import RULE_CHANGES_1

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute(RULE_CHANGES_1)
