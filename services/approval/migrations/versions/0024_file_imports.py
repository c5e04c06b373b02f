"""Files that clerks handed in on a page, what became of each, and its refused rows until they are repaired."""

from alembic import op

revision = "0024"
down_revision = "0023"

FILE_IMPORTS_24 = """
CREATE TABLE file_imports (
    import uuid PRIMARY KEY,
    batch uuid NOT NULL,
    body text NOT NULL,
    staff text NOT NULL,
    form_key text NOT NULL,
    correction boolean NOT NULL,
    opening_stock boolean NOT NULL,
    began timestamptz NOT NULL,
    heard timestamptz NOT NULL,
    ended timestamptz,
    rows integer NOT NULL DEFAULT 0,
    events integer NOT NULL DEFAULT 0,
    known integer NOT NULL DEFAULT 0,
    refused integer NOT NULL DEFAULT 0,
    waiting integer NOT NULL DEFAULT 0,
    sealed bytea NOT NULL
);
COMMENT ON TABLE file_imports IS 'one for each file and body: the same file again is the same import, counted anew';
COMMENT ON COLUMN file_imports.heard IS 'when the import was last seen at work; old and not ended: it was cut off';
COMMENT ON COLUMN file_imports.sealed IS 'name and notices of the file, encrypted: a name may name a person';
CREATE INDEX file_imports_of_body ON file_imports (body, began DESC);

CREATE TABLE refused_rows (
    import uuid NOT NULL REFERENCES file_imports,
    row_number integer NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'settled', 'dropped')),
    staff text NOT NULL,
    changed timestamptz NOT NULL,
    sealed bytea,
    PRIMARY KEY (import, row_number),
    CHECK ((state = 'open') = (sealed IS NOT NULL))
);
COMMENT ON COLUMN refused_rows.sealed IS 'cells and defects, encrypted, as long as the row is to be repaired';
CREATE INDEX refused_rows_open ON refused_rows (import, row_number) WHERE state = 'open';
"""


def upgrade() -> None:
    op.execute(FILE_IMPORTS_24)
