"""Entries of more than 180 days may leave the database for a file, and only so; their links stay and prove the file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import psycopg

from services.access.audit_pack import Pack, faults_of, write
from services.trouble import Trouble, WronglyAsked

KEPT = timedelta(days=180)
"""Six months at the least (Cybersecurity Law, Art. 23). The database refuses a deletion before, whoever asks for it."""


def archive(connection: psycopg.Connection, side: str, into: Path) -> Pack:
    """Write what is older than 180 days into ``into``, prove the file, and only then take it out of the database."""
    row = connection.execute(
        """SELECT a.last, coalesce(c.hash, decode(repeat('00', 32), 'hex')),
                  (SELECT min(position) - 1 FROM audit_chain
                   WHERE position > a.last AND recorded_at >= clock_timestamp() - %s),
                  (SELECT position FROM audit_head)
           FROM (SELECT coalesce(max(last), 0) AS last FROM audit_archives) AS a
           LEFT JOIN audit_chain c ON c.position = a.last""",
        (KEPT,),
    ).fetchone()
    assert row is not None
    after, before, last = row[0], row[1], row[3] if row[2] is None else row[2]
    if last <= after:
        raise WronglyAsked("nothing in the audit trail is older than 180 days and not archived yet")
    pack = write(connection, side, into, after, last, before)
    if faults := faults_of(into):
        raise Trouble(f"{into} does not prove itself, and nothing was removed: {faults[0]}")
    with connection.transaction():
        connection.execute("SET LOCAL linkage.audit_archiving = on")
        connection.execute(
            "INSERT INTO audit_archives (last, entries, file_digest) VALUES (%s, %s, %s)",
            (last, pack.entries, bytes.fromhex(pack.digest)),
        )
        connection.execute(
            "DELETE FROM audit a USING audit_chain c WHERE c.entry = a.id AND c.position > %s AND c.position <= %s",
            (after, last),
        )
    return pack
