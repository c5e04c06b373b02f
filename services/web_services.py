"""The two web services, made ready to serve: engine opened, keys found, application made."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from events.database import connect, open_engine
from events.log.opening import is_embedded, open_commands
from services.access.opening import entrance_of_settings
from services.access.rows import open_web_engine
from services.databases import Databases
from services.notice_ways import manner_of
from services.parts import log_of
from services.parts_by_the_clock import open_items_of
from services.settings import Settings
from services.tracing import Traces

_CONNECTIONS = 10


@dataclass(frozen=True)
class Surroundings:
    """What a web service is made of. `stop` ends its live streams; `registry` is what its /metrics shows."""

    settings: Settings
    databases: Databases
    registry: CollectorRegistry
    stop: threading.Event
    traces: Traces | None = None


@contextmanager
def approval_service(around: Surroundings) -> Iterator[ASGIApp]:
    from services.approval.batch_signature import Demand
    from services.approval.canary import last_back
    from services.approval.command_state import CommandState
    from services.approval.erasing import erase_again
    from services.approval.http import Office, application, key_token
    from services.approval.master_key import open_master_key
    from services.approval.traced_desk import desk_of
    from services.counting import DeskMetrics
    from services.scraping import SideState, expose_metrics

    settings, databases = around.settings, around.databases
    engine = open_web_engine(databases.web_of("approval"), application="approval-web", pool_size=_CONNECTIONS)
    try:
        with connect(databases.owner["approval"], application="approval-web") as connection:
            master = open_master_key(settings.key_file, connection)
            # A database that was restored by its own server's tools comes back here, keys of the erased and all.
            erase_again(connection, settings.erasures_file)
        beside = None if is_embedded(settings.log) else CommandState(lambda: open_commands(settings.log, making=False))
        source = log_of("supervision", settings, databases, making=False)
        state = SideState(engine, "approval", "told", source, beside, canary=last_back)
        desk, metrics = (
            desk_of(engine, master, around.traces, Demand(settings.signatures)),
            DeskMetrics(around.registry),
        )
        kinds = open_items_of("approval", settings)
        token = key_token(master)
        office = Office(
            engine, desk, token, metrics, state.lag, around.stop, open_items=kinds, room=state.room,
            reveals_a_day=settings.reveals_a_day,
        )  # fmt: skip
        app = application(office, entrance_of_settings("approval", settings, engine, around.registry))
        app.state.manner = manner_of("approval", settings)
        expose_metrics(app, around.registry, state)
        try:
            yield app
        finally:
            office.files.finish()
    finally:
        engine.dispose()


@contextmanager
def supervision_service(around: Surroundings) -> Iterator[ASGIApp]:
    from events.rule_changes import Effect
    from services.scraping import SideState, expose_metrics
    from services.supervision.http import application
    from services.supervision.live import live_feed
    from services.supervision.office import Office
    from services.supervision.party_register import HttpPartyRegister
    from services.supervision.penalty_desk import PenaltyDesk

    settings, databases = around.settings, around.databases
    engine = open_web_engine(databases.web_of("supervision"), application="supervision-web", pool_size=_CONNECTIONS)
    owning = open_engine(databases.owner["supervision"], application="supervision-rebuild", pool_size=1)
    register = HttpPartyRegister(
        settings.approval_service, settings.approval_service_key, token=_key_token_here(settings)
    )  # fmt: skip
    try:
        state = SideState(engine, "supervision", "intake", log_of("approval", settings, databases, making=False))
        penalties = PenaltyDesk(engine, register, lambda: datetime.now(UTC))
        live, kinds = live_feed(engine, around.stop), open_items_of("supervision", settings)
        effect = Effect(settings.rule_effect)
        office = Office(
            engine, live, penalties, state.lag, around.stop, open_items=kinds, rule_effect=effect, room=state.room,
            owning=owning, reveals_a_day=settings.reveals_a_day,
        )  # fmt: skip
        app = application(office, entrance_of_settings("supervision", settings, engine, around.registry))
        app.state.manner = manner_of("supervision", settings)
        expose_metrics(app, around.registry, state)
        yield app
    finally:
        register.close()
        owning.dispose()
        engine.dispose()


def _key_token_here(settings: Settings) -> str:
    """Return by what the supervision side is known at an open door, where it has the site's master key beside it, as in
    a demo; behind a log-in it shows a machine key, and knows no master key."""
    if settings.entrance != "open":
        return ""
    from services.approval.http import key_token
    from services.approval.parties import read_master_key

    try:
        return key_token(read_master_key(settings.key_file.read_text().strip()))
    except (OSError, ValueError):  # the approval side runs elsewhere; or says itself that the key is none
        return ""
