"""How a table's rows are kept apart by whose they are: the SQL of row-level security, as migrations write it.

``linkage.scope`` of the transaction says whose rows may be seen: missing or empty nobody's, ``*`` everybody's, else
those of the codes that it lists. It is asked once for each query (an InitPlan), so that an index on the column serves.
"""

from __future__ import annotations

WRITER = "coalesce(nullif(current_setting('linkage.writer', true), ''), current_setting('linkage.scope', true))"
"""For whom a transaction writes: those of its scope, also after it was let see everybody's rows to decide."""
EVERYBODYS = "(SELECT current_setting('linkage.scope', true) = '*')"
MINE = "(SELECT string_to_array(current_setting('linkage.scope', true), ','))"
SOMEBODY = f"cardinality({MINE}) > 0"
POLICY = "scope"

FORCING = """
DO $$ DECLARE walled regclass; BEGIN
    -- An owner that may not step over policies could not COPY into its own lists any more: it is left as it is, and the
    -- web processes, which own nothing, are kept apart all the same.
    IF (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) THEN
        FOR walled IN SELECT oid FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace LOOP
            EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', walled);
        END LOOP;
    END IF;
END $$;
"""


def of(column: str) -> str:
    """Rows that name whose they are in one column."""
    return f"{column} = ANY({MINE}::text[])"


def where(table: str, condition: str) -> str:
    """Rows that belong to whoever may see a row of ``table``, which has a policy of its own."""
    return f"EXISTS (SELECT FROM {table} WHERE {condition})"


def walled(table: str, *visible: str, written: str = "") -> str:
    """Return what lets the rows of ``table`` be seen by those of whom any of ``visible`` holds; without any, only where
    everybody's rows are asked for. They are written by the same, or by those of whom ``written`` holds."""
    any_of = " OR ".join((EVERYBODYS, *visible))
    check = f" WITH CHECK ({written})" if written else ""
    policy = f"CREATE POLICY {POLICY} ON {table} USING ({any_of}){check};\n"
    return f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n{policy}"


def written_for(column: str) -> str:
    """Rows that name in one column for whom they are written."""
    return f"(SELECT {WRITER} = '*') OR {column} = ANY((SELECT string_to_array({WRITER}, ','))::text[])"


def read_too(table: str, name: str, condition: str) -> str:
    """Rows that are read, and not written, beside those that ``walled`` lets be seen. PostgreSQL asks a table's
    policies from the last name to the first: ``name`` stands before ``scope``, so that it is asked of the rest only."""
    return f"CREATE POLICY {name} ON {table} FOR SELECT USING ({condition});\n"


def public_inside(table: str) -> str:
    """Rows that everybody reads who may see rows at all."""
    return read_too(table, "public_inside", SOMEBODY)
