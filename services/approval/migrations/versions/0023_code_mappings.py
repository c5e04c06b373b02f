"""Under which codes one matter stands, as supervision maps them."""

from alembic import op

revision = "0023"
down_revision = "0022"

CODE_MAPPINGS_23 = """
CREATE TABLE code_mappings (
    mapping uuid PRIMARY KEY,
    version integer NOT NULL,
    old text NOT NULL,
    new text NOT NULL,
    content jsonb NOT NULL
);
COMMENT ON TABLE code_mappings IS 'those of matters only, the newest version of each, past and future ones too';
CREATE INDEX code_mappings_by_old ON code_mappings (old);
CREATE INDEX code_mappings_by_new ON code_mappings (new);
"""


def upgrade() -> None:
    op.execute(CODE_MAPPINGS_23)
