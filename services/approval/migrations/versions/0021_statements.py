"""Daily statements, and of which body each push was: the number series of a push is of a body and a department."""

from alembic import op

from events.completeness_schema import STATEMENTS

revision = "0021"
down_revision = "0020"

TOLD_21 = """
ALTER TABLE told ADD COLUMN deciding_body text NOT NULL DEFAULT '';
UPDATE told SET deciding_body = data::jsonb #>> '{facts,deciding_body}'
    FROM ledger WHERE ledger.stream = told.permit AND ledger.version = told.permit_version;
ALTER TABLE told ALTER COLUMN deciding_body DROP DEFAULT;
-- Days are asked for, not single rows: a block range index costs next to nothing when rows are written.
CREATE INDEX told_by_day ON told USING brin (told_at);
INSERT INTO received_numbers (series, day, first, last)
    SELECT 'push:' || deciding_body || '/' || department, max(told_at AT TIME ZONE 'Asia/Shanghai')::date, 1,
           max(push_number) FROM told GROUP BY deciding_body, department;
"""


def upgrade() -> None:
    op.execute(STATEMENTS)
    op.execute(TOLD_21)
