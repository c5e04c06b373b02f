"""With which settings a part was started, in the audit trail: the names of those that differ from the start before.

Of each value a digest is kept, of an address that holds a password one without it: neither the trail nor what it is
compared with tells anybody a secret.
"""

from __future__ import annotations

import hashlib

import psycopg

from projections.following import beat
from services.access.audit import Act, Entry, write
from services.access.files_by_command import operating_user
from services.settings import Settings, explained

FIRST = "第一次启动：列出所有作了规定的设置"


def note_settings(connection: psycopg.Connection, part: str, settings: Settings) -> None:
    """Write down what of ``settings`` differs from the last start of ``part`` on this database; at the first one, what
    was set at all. With what the next start is compared with, or not at all."""
    now: dict[str, object] = {row["name"]: _digest(row["value"]) for row in explained(settings)}
    with connection.transaction():
        row = connection.execute("SELECT state FROM heartbeats WHERE part = %s FOR UPDATE", (_kept(part),)).fetchone()
        if row is None:
            names, reason = _set_here(settings), FIRST
        else:
            names, reason = {name for name in now | row[0] if now.get(name) != row[0].get(name)}, ""
        if names:
            about = [f"setting={name}" for name in sorted(names)]
            place, by = f"linkage run {part}", operating_user()
            write(connection, Entry(Act.SETTINGS_CHANGED, by, place=place, objects=about, reason=reason))
        beat(connection, _kept(part), "settings", now)


def _set_here(settings: Settings) -> set[str]:
    return {str(Settings.model_fields[name].validation_alias) for name in settings.model_fields_set}


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def _kept(part: str) -> str:
    return f"settings:{part}"
