"""When each announcement of the other side was heard, by our own clock: how far its clock is from ours."""

from alembic import op

from events.schema import STORE_3

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(STORE_3)
