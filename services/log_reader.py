"""The role by which one side reads the other's ledger: it may select from three tables and do nothing else."""

from __future__ import annotations

from contextlib import closing

import psycopg
from sqlalchemy.engine import make_url

from events.database import connect

ROLE = "linkage_log_reader"
READABLE = ("ledger", "ledger_head", "announcements")

_GRANT = f"""
DO $$ BEGIN
    CREATE ROLE {ROLE} LOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another process came first
END $$;
GRANT SELECT ON {", ".join(READABLE)} TO {ROLE};
"""


def reader_url(owner_url: str) -> str:
    """Return ``owner_url`` for the reader's role, which is made and given its rights if need be.

    For the embedded server, where the owner may make roles. Elsewhere the database's administrator does this once and
    names the address in APPROVAL_LEDGER_URL and SUPERVISION_LEDGER_URL.
    """
    with closing(connect(owner_url, application="log-reader-rights")) as connection:
        for _ in range(5):
            try:
                connection.execute(_GRANT)
                break
            except psycopg.errors.InternalError_:
                continue  # "tuple concurrently updated": two processes grant the same at once
    return as_reader(owner_url)


def as_reader(owner_url: str) -> str:
    """Return ``owner_url`` for the reader's role, which was made when the database was migrated."""
    return make_url(owner_url).set(username=ROLE).render_as_string(hide_password=False)
