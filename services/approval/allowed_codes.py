"""Genuine credit codes that fail their check digit: let through one by one, each with a reason."""

from __future__ import annotations

from datetime import datetime

import psycopg


def allow(connection: psycopg.Connection, code: str, reason: str) -> bool:
    """Let ``code`` through from now on. False when it was let through before: its first reason stays."""
    inserted = connection.execute(
        "INSERT INTO allowed_codes (code, reason) VALUES (%s, %s) ON CONFLICT DO NOTHING", (code, reason)
    )
    return inserted.rowcount == 1


def allowed(connection: psycopg.Connection) -> list[tuple[str, str, datetime]]:
    """Return (code, reason, since) of each."""
    return list(connection.execute("SELECT code, reason, allowed_at FROM allowed_codes ORDER BY allowed_at"))
