"""The consultations in which bodies are asked are found without reading every receipt."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute("CREATE INDEX told_consultations ON told_steps (at, permit) WHERE step = 'consultation_opened'")
