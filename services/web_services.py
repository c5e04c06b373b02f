"""The two web services, made ready to serve: engine opened, keys found, application made."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from events.database import open_engine, raw
from services.databases import Databases
from services.parts import log_of
from services.settings import Settings

_CONNECTIONS = 10


@contextmanager
def approval_service(settings: Settings, databases: Databases) -> Iterator[ASGIApp]:
    from services.approval.handling import Desk
    from services.approval.http import Office, application, key_token
    from services.approval.master_key import open_master_key
    from services.metrics import DeskMetrics
    from services.scraping import SideState, expose_metrics

    engine = open_engine(databases.owner["approval"], application="approval-web", pool_size=_CONNECTIONS)
    try:
        with engine.connect() as connection:
            master = open_master_key(settings.key_file, raw(connection))
        registry = CollectorRegistry()
        office = Office(engine, Desk(engine, master), key_token(master), DeskMetrics(registry))
        app = application(office)
        expose_metrics(app, registry, SideState(engine, "approval", "told", log_of("supervision", settings, databases)))
        yield app
    finally:
        engine.dispose()
