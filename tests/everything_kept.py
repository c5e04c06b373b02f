"""What stands in a database, table by table: two looks that are alike say that nothing was changed in between."""

from __future__ import annotations

from sqlalchemy import Engine, text

WRITTEN_BY_LOOKING = ("audit", "account_sessions", "sign_in_attempts", "alembic")
"""Who looked is written down, and when somebody was last seen."""


def everything_kept(engine: Engine) -> dict[str, tuple[int, int]]:
    """Return by table how many rows it has and the sum of their hashes."""
    with engine.connect() as connection:
        tables = connection.scalars(
            text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        )
        named = sorted(one for one in tables if not one.startswith(WRITTEN_BY_LOOKING))
        each = " UNION ALL ".join(
            f"SELECT '{one}', count(*), coalesce(sum(hashtext(t::text)), 0)::bigint FROM \"{one}\" t" for one in named
        )
        return {name: (rows, hashes) for name, rows, hashes in connection.execute(text(each))}
