"""When each announcement of the other side was heard, by our own clock: how far its clock is from ours."""

from alembic import op

from events.schema import STORE_3

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute(STORE_3)
