"""Bringing a database to the shape this release expects.

Each side keeps its steps under `services/<side>/migrations/versions`. `migrate` may be called by every process that
starts: one does the work, the others wait and find it done.
"""

from pathlib import Path
from typing import Literal

from alembic import command, context
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, text

from events.locks import Lock
from services.trouble import Trouble

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
        config = configuration(side)
        newest, standing = _newest_and_standing(connection, config, side)
        if standing != newest:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    return newest


def current(url: str, side: Side) -> str:
    """The revision at which the database stands, which is this release's; refused otherwise. Changes nothing."""
    with create_engine(url, poolclass=NullPool).connect() as connection:
        newest, standing = _newest_and_standing(connection, configuration(side), side)
    if standing != newest:
        stands = f"stands at step {standing!r}" if standing else "is still empty"
        raise SchemaBehind(
            f"the database of {side} {stands}, and this release needs step {newest!r}: run `linkage migrate`"
        )
    return newest


def _newest_and_standing(connection: Connection, config: Config, side: Side) -> tuple[str, str | None]:
    """The last step of this release, and the last that the database has seen, which this release knows."""
    known = ScriptDirectory.from_config(config)
    newest = known.get_current_head()
    if newest is None:
        raise SchemaUnknown(f"this installation carries no migration of {side}: install it anew")
    standing = standing_at(connection)
    if standing is not None and standing not in {step.revision for step in known.walk_revisions()}:
        raise SchemaUnknown(
            f"the database of {side} stands at step {standing!r}, which this release does not know "
            f"(its newest is {newest!r}): run the newer release, or begin anew with another data folder"
        )
    return newest, standing


def standing_at(connection: Connection) -> str | None:
    """The last step the database has seen; None for a database that is still empty."""
    return MigrationContext.configure(connection).get_current_revision()


def run_steps() -> None:
    """For the `env.py` of either side: runs inside the transaction that `migrate` has opened."""
    context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


def configuration(side: Side) -> Config:
    """Made here, from no file: an `alembic.ini` would also reconfigure the logging of the service."""
    config = Config()
    folder = Path(__file__).parent / side / "migrations"
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
