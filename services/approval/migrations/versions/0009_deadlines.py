"""What was said about the deadlines of open items, and up to which day."""

from alembic import op

from events.schema import STORE_5

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute(STORE_5)
