"""What a rule change touches is counted in an index alone, and who decided what is known without reading lists."""

from alembic import op

revision = "0021"
down_revision = "0020"

DECIDERS = """
CREATE TABLE deciders (
    matter_code text NOT NULL,
    region_code text NOT NULL,
    body text NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (matter_code, region_code, body)
);
INSERT INTO deciders
SELECT matter_code, region_code, deciding_body, max(deciding_body_name) FROM watch_list GROUP BY 1, 2, 3;
DROP INDEX watch_list_by_matter;
CREATE INDEX watch_list_by_matter ON watch_list (department, status, matter_code, "left"(region_code, 9), changed_at,
    permit) INCLUDE (region_code, valid_to, role, deciding_body);
"""


def upgrade() -> None:
    op.execute(DECIDERS)
