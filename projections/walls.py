"""Who may see which rows of a table, and who may do what with it: carried over to a table that is to take its place."""

from __future__ import annotations

from typing import NamedTuple

import psycopg
from psycopg import sql


class Walls(NamedTuple):
    """``policies``: name, kind, command, roles, and what of a row must hold to see it, and to write it. ``rights``: who
    may do what, but for the owner."""

    enabled: bool
    forced: bool
    policies: tuple[tuple[str, str, str, tuple[str, ...], str, str], ...]
    rights: tuple[tuple[str, str], ...]


def walls_of(connection: psycopg.Connection, table: str) -> Walls:
    """Return what stands around ``table``; its own name in a policy is written as ``{}``."""
    found = connection.execute(
        "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", (table,)
    ).fetchone()
    assert found is not None
    policies = connection.execute(
        """SELECT policyname, permissive, cmd, roles::text[], coalesce(qual, ''), coalesce(with_check, '')
           FROM pg_policies WHERE schemaname = current_schema() AND tablename = %s ORDER BY 1""",
        (table,),
    ).fetchall()
    rights = connection.execute(
        """SELECT a.grantee::regrole::text, a.privilege_type FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
           WHERE c.oid = %s::regclass AND a.grantee <> c.relowner AND a.grantee <> 0 ORDER BY 1, 2""",
        (table,),
    ).fetchall()
    return Walls(
        bool(found[0]),
        bool(found[1]),
        tuple(
            (name, kind, command, tuple(roles), _unnamed(seen, table), _unnamed(written, table))
            for name, kind, command, roles, seen, written in policies
        ),
        tuple((grantee, right) for grantee, right in rights),
    )


def raise_walls(connection: psycopg.Connection, table: str, walls: Walls) -> None:
    """Put ``walls``, which stand around another table, around ``table``, which has none."""
    named = sql.Identifier(table)
    for name, kind, command, roles, seen, written in walls.policies:
        statement = sql.SQL("CREATE POLICY {} ON {} AS {} FOR {} TO {}").format(
            sql.Identifier(name), named, sql.SQL(kind), sql.SQL(command),
            sql.SQL(", ").join(sql.SQL(role) if role == "public" else sql.Identifier(role) for role in roles),
        )  # fmt: skip
        if seen:
            statement += sql.SQL(" USING ({})").format(sql.SQL(seen.replace("{}.", f"{table}.")))
        if written:
            statement += sql.SQL(" WITH CHECK ({})").format(sql.SQL(written.replace("{}.", f"{table}.")))
        connection.execute(statement)
    if walls.enabled:
        connection.execute(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(named))
    if walls.forced:
        connection.execute(sql.SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(named))
    for grantee, right in walls.rights:
        connection.execute(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(right), named, sql.SQL(grantee)))


def _unnamed(condition: str, table: str) -> str:
    return condition.replace(f"{table}.", "{}.")
