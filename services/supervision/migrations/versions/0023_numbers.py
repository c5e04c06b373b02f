"""Which numbers of the other side's ledger came, which are missing, and what was asked for again."""

from alembic import op

from events.completeness_schema import NUMBERS

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.execute(NUMBERS)
