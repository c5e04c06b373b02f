"""What was signed since a day is found without walking through all that ever was."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute("CREATE INDEX cases_signed ON cases (signed_at) WHERE signed_at IS NOT NULL")
