"""An append may be told the database's own time, asked for earlier in its transaction."""

from alembic import op

from events.schema import STORE_2

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(STORE_2)
