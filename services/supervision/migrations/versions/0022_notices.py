"""What officers are told, and how far each notice has come."""

from alembic import op

from events.people_schema import NOTICES_1

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.execute(NOTICES_1)
