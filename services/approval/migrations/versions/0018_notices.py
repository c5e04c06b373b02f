"""What officers are told, and how far each notice has come."""

from alembic import op

from events.people_schema import NOTICES_1

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.execute(NOTICES_1)
