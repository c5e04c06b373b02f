"""Officers, what they are appointed to, and who holds each open item."""

from alembic import op

from events.schema import STORE_6

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.execute(STORE_6)
