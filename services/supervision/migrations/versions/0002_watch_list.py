"""The watch list, with the four indexes that answer every question asked of it."""

from alembic import op

revision = "0002"
down_revision = "0001"

WATCH_LIST_2 = """
CREATE TABLE watch_list (
    department text NOT NULL,
    permit uuid NOT NULL,
    role text NOT NULL,
    status text NOT NULL,
    matter_code text NOT NULL,
    region_code text NOT NULL,
    level text NOT NULL,
    party uuid NOT NULL,
    party_kind text NOT NULL,
    party_label text NOT NULL,
    permit_number text NOT NULL,
    certificate_name text NOT NULL,
    document_number text NOT NULL,
    valid_from date,
    valid_to date,
    decision text NOT NULL,
    decision_date date NOT NULL,
    deciding_body text NOT NULL,
    deciding_body_name text NOT NULL,
    commitment boolean NOT NULL,
    opening_stock boolean NOT NULL,
    push_number bigint NOT NULL,
    push_version integer NOT NULL,
    permit_version integer NOT NULL,
    first_listed_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (department, permit)
) WITH (
    -- Counts and pages read the indexes alone, which holds only for pages of the table that were vacuumed.
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02,
    autovacuum_vacuum_cost_delay = 0
);
CREATE INDEX watch_list_newest ON watch_list (department, status, changed_at, permit)
    INCLUDE (matter_code, region_code, valid_to);
CREATE INDEX watch_list_by_matter ON watch_list (department, status, matter_code, "left"(region_code, 9), changed_at,
    permit) INCLUDE (region_code, valid_to);
CREATE INDEX watch_list_by_expiry ON watch_list (department, status, valid_to, matter_code, "left"(region_code, 9),
    permit) INCLUDE (region_code, changed_at);
CREATE INDEX watch_list_by_party ON watch_list (party, department);
"""


def upgrade() -> None:
    op.execute(WATCH_LIST_2)
