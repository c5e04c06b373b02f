"""The two web services, made ready to serve: engine opened, keys found, application made."""

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp

from events.database import open_engine, raw
from services.databases import Databases
from services.settings import Settings

_CONNECTIONS = 10


@contextmanager
def approval_service(settings: Settings, databases: Databases) -> Iterator[ASGIApp]:
    from services.approval.handling import Desk
    from services.approval.http import Office, application, key_token
    from services.approval.master_key import open_master_key

    engine = open_engine(databases.owner["approval"], application="approval-web", pool_size=_CONNECTIONS)
    try:
        with engine.connect() as connection:
            master = open_master_key(settings.key_file, raw(connection))
        yield application(Office(engine, Desk(engine, master), key_token(master)))
    finally:
        engine.dispose()
