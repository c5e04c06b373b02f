"""Officers, what they are appointed to, and who holds each open item."""

from alembic import op

from events.schema import STORE_6

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.execute(STORE_6)
