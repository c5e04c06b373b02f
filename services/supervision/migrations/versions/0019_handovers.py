"""Opening stock: how much of each batch has come, the rows of handover lists, and the lists."""

from alembic import op

from projections.handovers import HANDOVERS_1

revision = "0019"
down_revision = "0018"

STOCK = """
CREATE TABLE stock_batches (
    batch uuid NOT NULL,
    body text NOT NULL,
    body_name text NOT NULL DEFAULT '',
    announced integer NOT NULL DEFAULT 0,
    arrived integer NOT NULL DEFAULT 0,
    PRIMARY KEY (batch, body)
);
COMMENT ON COLUMN stock_batches.announced IS 'how many decisions the body says it handed over; 0: not said yet';
CREATE INDEX stock_batches_on_their_way ON stock_batches (batch) WHERE arrived < announced;

CREATE TABLE handover_rows (
    body text NOT NULL,
    department text NOT NULL,
    push_number bigint NOT NULL,
    batch uuid NOT NULL,
    permit uuid NOT NULL,
    partition smallint NOT NULL,
    push_version integer NOT NULL,
    decision_version integer NOT NULL,
    list uuid,
    withdrawn boolean NOT NULL DEFAULT false,
    waits boolean NOT NULL DEFAULT false,
    PRIMARY KEY (body, department, push_number)
);
COMMENT ON COLUMN handover_rows.waits IS 'its list is signed, and the receipt of this push is not recorded yet';
CREATE INDEX handover_rows_unlisted ON handover_rows (batch, body, department, push_number)
    WHERE list IS NULL AND NOT withdrawn;
CREATE INDEX handover_rows_of_list ON handover_rows (list, push_number) WHERE list IS NOT NULL;
CREATE INDEX handover_rows_of_permit ON handover_rows (permit, decision_version);
CREATE INDEX handover_rows_waiting ON handover_rows (list, push_number) WHERE waits;

CREATE TABLE handover_numbers (
    body text NOT NULL,
    department text NOT NULL,
    last bigint NOT NULL,
    PRIMARY KEY (body, department)
);
"""


def upgrade() -> None:
    op.execute(HANDOVERS_1)
    op.execute(STOCK)
