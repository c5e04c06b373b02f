"""Decisions that were marked with a rule change."""

from alembic import op

from projections.rule_marks import RULE_MARKS_1

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.execute(RULE_MARKS_1)
