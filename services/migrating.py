"""Bringing a database to the shape this release expects.

Each side keeps its steps under `services/<side>/migrations/versions`, each in a file that begins with its number.
`migrate` may be called by every process that starts: one does the work, the others wait and find it done.

Nearly every start finds it done. So which step is the newest is read from the names of the files, and Alembic is read
only where a step is taken: to read it is a seventh of what a part has to read before it works.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Connection, NullPool, create_engine, text

from events.locks import Lock
from services.trouble import Trouble

if TYPE_CHECKING:
    from alembic.config import Config

Side = Literal["approval", "supervision"]


class SchemaUnknown(Trouble):
    """The database was shaped by a release that this one does not know; the message says what to do."""


class SchemaBehind(Trouble):
    """The database lacks steps of this release, and who asks only looks; the message says how to take them."""


def migrate(url: str, side: Side) -> str:
    """Take every step that the database has not seen, all or none; the revision it stands at afterwards."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": Lock.MIGRATING})
        newest, standing = _newest_and_standing(connection, side)
        if standing != newest:
            from alembic import command

            config = configuration(side)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    return newest


def current(url: str, side: Side) -> str:
    """The revision at which the database stands, which is this release's; refused otherwise. Changes nothing."""
    with create_engine(url, poolclass=NullPool).connect() as connection:
        newest, standing = _newest_and_standing(connection, side)
    if standing != newest:
        stands = f"stands at step {standing!r}" if standing else "is still empty"
        raise SchemaBehind(
            f"the database of {side} {stands}, and this release needs step {newest!r}: run `linkage migrate`"
        )
    return newest


def steps_of(side: Side) -> list[str]:
    """The steps of this release, in their order."""
    return sorted(path.name.partition("_")[0] for path in (_folder(side) / "versions").glob("[0-9]*.py"))


def _newest_and_standing(connection: Connection, side: Side) -> tuple[str, str | None]:
    """The last step of this release, and the last that the database has seen, which this release knows."""
    known = steps_of(side)
    if not known:
        raise SchemaUnknown(f"this installation carries no migration of {side}: install it anew")
    newest, standing = known[-1], standing_at(connection)
    if standing is not None and standing not in known:
        raise SchemaUnknown(
            f"the database of {side} stands at step {standing!r}, which this release does not know "
            f"(its newest is {newest!r}): run the newer release, or begin anew with another data folder"
        )
    return newest, standing


def standing_at(connection: Connection) -> str | None:
    """The last step the database has seen; None for a database that is still empty."""
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    step: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return step


def run_steps() -> None:
    """For the `env.py` of either side: runs inside the transaction that `migrate` has opened."""
    from alembic import context

    context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


def configuration(side: Side) -> Config:
    """Made here, from no file: an `alembic.ini` would also reconfigure the logging of the service."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_folder(side)).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _folder(side: Side) -> Path:
    return Path(__file__).parent / side / "migrations"
