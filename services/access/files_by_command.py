"""Files that commands write: an entry of the audit trail says so before the file stands there, as of files by page."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable

import psycopg
from sqlalchemy import Engine

from services.access.audit import Act, Entry, keep, write
from services.problems import Problem
from services.trouble import Trouble


class NotWrittenDown(Trouble):
    """The audit trail cannot be written now, so no file is."""


def operating_user() -> str:
    """Return whose process this is, by the operating system: no variable of the surroundings says otherwise."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # in a container, an account without a name
        return str(os.getuid())


def write_down(
    at: Engine | psycopg.Connection, place: str, objects: Iterable[str] = (), fields: Iterable[str] = ()
) -> None:
    """Write down that the command ``place`` (``linkage proof export``) is about to write a file. Which file is not
    said: whoever names one may name a person. A connection is one in autocommit: the entry stands whatever becomes of
    the file. Raises ``NotWrittenDown``; then no file must be written."""
    entry = Entry(Act.EXPORTED, operating_user(), place=place, objects=list(objects), fields=list(fields))
    try:
        if isinstance(at, Engine):
            keep(at, entry)
        else:
            assert at.autocommit
            write(at, entry)
    except Problem as away:
        raise NotWrittenDown(
            "the audit trail cannot be written now, so no file was: give the command again later"
        ) from away
