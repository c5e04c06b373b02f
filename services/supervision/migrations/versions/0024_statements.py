"""Daily statements."""

from alembic import op

from events.completeness_schema import STATEMENTS

revision = "0024"
down_revision = "0023"

CASES_24 = """
-- Days are asked for, not single rows: a block range index costs next to nothing when rows are written.
CREATE INDEX cases_by_day ON cases USING brin (delivered_at);
"""


def upgrade() -> None:
    op.execute(STATEMENTS)
    op.execute(CASES_24)
