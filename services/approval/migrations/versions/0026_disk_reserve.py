"""Below the disk's reserve nothing new is taken."""

from alembic import op

from events.schema import STORE_6

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.execute(STORE_6)
