"""Files of permits: the register of bodies, the mapping of matters, and the rows that wait for a person."""

from alembic import op

revision = "0003"
down_revision = "0002"

FILES_3 = """
CREATE TABLE place_entries (
    entry uuid PRIMARY KEY,
    kind text NOT NULL,
    version integer NOT NULL,
    content jsonb NOT NULL
);

CREATE TABLE waiting_rows (
    id uuid PRIMARY KEY,
    batch uuid NOT NULL,
    row_number integer NOT NULL,
    reason text NOT NULL,
    candidates text[] NOT NULL,
    owner text NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    opening_stock boolean NOT NULL,
    correction boolean NOT NULL,
    sealed bytea NOT NULL
);
COMMENT ON COLUMN waiting_rows.sealed IS 'the row as the clerk wrote it, encrypted: it holds personal facts';
CREATE INDEX waiting_rows_since ON waiting_rows (since);
"""


def upgrade() -> None:
    op.execute(FILES_3)
