"""Rule changes that supervision published, who must answer them, and the version that desks look at."""

from alembic import op

from projections.rule_change_tables import RULE_CHANGES_1

revision = "0010"
down_revision = "0009"

REGISTER_10 = """
CREATE TABLE rule_register (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version bigint NOT NULL
);
INSERT INTO rule_register (version) VALUES (0);
"""


def upgrade() -> None:
    op.execute(RULE_CHANGES_1)
    op.execute(REGISTER_10)
