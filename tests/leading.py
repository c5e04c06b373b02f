"""Who leads: the session that holds a leader's lock."""

from __future__ import annotations

import psycopg

from events.locks import Lock


def leader(connection: psycopg.Connection, lock: Lock) -> int | None:
    """Return the process of the server that works for the leader, None while nobody leads."""
    row = connection.execute(
        """SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database
           WHERE l.locktype = 'advisory' AND l.objid = %s AND l.granted AND d.datname = current_database()""",
        (lock,),
    ).fetchone()
    return row[0] if row else None
