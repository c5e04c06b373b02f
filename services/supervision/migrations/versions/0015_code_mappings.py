"""What old codes of matters, regions and departments stand for, from which day on."""

from alembic import op

revision = "0015"
down_revision = "0014"

CODE_MAPPINGS_15 = """
CREATE TABLE code_mappings (
    mapping uuid PRIMARY KEY,
    version integer NOT NULL,
    content jsonb NOT NULL
);
"""


def upgrade() -> None:
    op.execute(CODE_MAPPINGS_15)
