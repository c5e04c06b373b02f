"""The role of the web processes: it owns nothing, steps over no row-level security, and writes only what they write.

A server of one's own: the administrator makes the role once (`CREATE ROLE linkage_web LOGIN PASSWORD …`) and names the
address in APPROVAL_WEB_DATABASE_URL and SUPERVISION_WEB_DATABASE_URL; `linkage migrate` gives it its rights.
"""

from __future__ import annotations

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from events.database import connect
from events.locks import Lock
from services.access.web_writes import COLUMNS, UNREAD, WRITES, Side

ROLE = "linkage_web"

_MAKE = f"""
DO $$ BEGIN
    CREATE ROLE {ROLE} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another process came first
END $$
"""


def web_url(owner_url: str, side: Side) -> str:
    """Return ``owner_url`` for the web role, which is made and given its rights if need be: for the embedded server,
    where the owner may make roles."""
    with connect(owner_url, application="web-rights") as connection:
        connection.execute(_MAKE)
    give_rights(owner_url, side)
    return as_web(owner_url)


def as_web(owner_url: str) -> str:
    """Return ``owner_url`` for the web role, which was made when the database was migrated."""
    return make_url(owner_url).set(username=ROLE).render_as_string(hide_password=False)


def give_rights(owner_url: str, side: Side) -> None:
    """Give the web role what it lacks, and take from it what is not its own; nothing where there is no such role."""
    with connect(owner_url, application="web-rights") as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (Lock.GIVING_RIGHTS,))
        if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (ROLE,)).fetchone() is None:
            return
        wanted, has = _wanted(connection, side), rights_of(connection)
        _let_places_be_found(connection)
        for table, column in COLUMNS.items():
            connection.execute(f"GRANT UPDATE ({column}) ON {table} TO {ROLE}".encode())
        for table in sorted(wanted.keys() | has.keys()):
            _give(connection, table, wanted.get(table, frozenset()), has.get(table, frozenset()))


def _let_places_be_found(connection: psycopg.Connection) -> None:
    """Under policies an index serves a condition only if its functions are known to tell nothing of other rows. That is
    not said of ``left``, by which lists are filtered by street: without it such a filter reads the whole list of
    a department. Only a superuser may say it."""
    connection.execute(
        """DO $$ BEGIN
            IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AND NOT
               (SELECT proleakproof FROM pg_proc WHERE oid = 'pg_catalog.left(text, integer)'::regprocedure) THEN
                ALTER FUNCTION pg_catalog.left(text, integer) LEAKPROOF;
            END IF;
        END $$"""
    )


def rights_of(connection: psycopg.Connection) -> dict[str, frozenset[str]]:
    """Return what the role may do, by table."""
    rows = connection.execute(
        """SELECT c.relname, array_agg(DISTINCT a.privilege_type)
           FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
             AND a.grantee = (SELECT oid FROM pg_roles WHERE rolname = %s) GROUP BY 1""",
        (ROLE,),
    ).fetchall()
    return {table: frozenset(rights) for table, rights in rows}


def _wanted(connection: psycopg.Connection, side: Side) -> dict[str, frozenset[str]]:
    """Every table may be read, as far as the policies let its rows be seen; some may be written."""
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    )
    tables = {table for (table,) in rows} - UNREAD
    return {table: frozenset({"SELECT"}) | WRITES[side].get(table, frozenset()) for table in tables}


def _give(connection: psycopg.Connection, table: str, wanted: frozenset[str], has: frozenset[str]) -> None:
    for verb, way, rights in (("GRANT", "TO", wanted - has), ("REVOKE", "FROM", has - wanted)):
        if rights:
            connection.execute(
                sql.SQL(f"{verb} {', '.join(sorted(rights))} ON {{}} {way} {ROLE}").format(sql.Identifier(table))
            )
