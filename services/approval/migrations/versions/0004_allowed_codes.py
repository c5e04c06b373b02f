"""Credit codes that are genuine although they fail their check digit: an administrator lets them through."""

from alembic import op

revision = "0004"
down_revision = "0003"

ALLOWED_4 = """
CREATE TABLE allowed_codes (
    code text PRIMARY KEY,
    reason text NOT NULL,
    allowed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
"""


def upgrade() -> None:
    op.execute(ALLOWED_4)
