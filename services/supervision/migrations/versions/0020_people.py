"""Officers, what they are appointed to, and who holds each open item."""

from alembic import op

from events.people_schema import PEOPLE_1

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.execute(PEOPLE_1)
