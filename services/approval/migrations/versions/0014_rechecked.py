"""Which tasks a permit has, and which commitment checks it has passed."""

from alembic import op

revision = "0014"
down_revision = "0013"

RECHECKED_14 = """
CREATE INDEX tasks_by_permit ON tasks (permit);
CREATE INDEX party_facts_passed ON party_facts (permit) WHERE kind = 'failed_commitment' AND NOT holds;
"""


def upgrade() -> None:
    op.execute(RECHECKED_14)
