"""A part made ready to run: ports taken, databases open and migrated, loops made, none begun."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from events.database import connect
from events.log.opening import is_embedded
from services.access.production import refuse_unfit
from services.crew import Crew, Worker
from services.databases import BOTH, Databases, open_databases
from services.migrating import Side
from services.parts import Part, numbering, projecting, relaying, sides_of, taking_commands
from services.parts_by_the_clock import (
    proving,
    reminding,
    signing_checkpoints,
    stamping,
    telling_operators,
    telling_systems,
    watching_numbers,
)
from services.settings import Settings, SettingsWrong
from services.settings_started import note_settings
from services.tracing import Traces, traces_of
from services.trouble import WronglyAsked

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from services.own_tls import OwnTls

_WEB: tuple[Side, ...] = ("approval", "supervision")


@contextmanager
def assembled(
    settings: Settings,
    part: Part,
    stop: threading.Event,
    *,
    side: Side | None = None,
    prepare: Callable[[], None] = lambda: None,
) -> Iterator[tuple[Crew, Databases]]:
    """The crew of `part` and the databases it works on, until the block is left.

    `prepare` runs when the ports are ours and no database is open yet.
    """
    _refuse_senseless(settings, part, side)
    refuse_unfit(
        settings,
        [web for web in _WEB if part in (Part.ALL, Part(web))],
        signing=sides_of(part, side) if part in (Part.ALL, Part.SEQUENCER) else (),
        webhooks=part in (Part.ALL, Part.SCHEDULER),
    )
    registries: dict[Side, CollectorRegistry] = {one: CollectorRegistry() for one in BOTH}
    with ExitStack() as leaving:
        traces = leaving.enter_context(traces_of(settings))
        ports = _take_ports(settings, part)
        metrics = None
        if settings.metrics_port and part is Part.PROJECTOR:
            from services.web_server import take_port

            metrics = take_port(settings.host, settings.metrics_port, "LINKAGE_METRICS_PORT")
        for port in (*ports.values(), *([metrics] if metrics else [])):
            leaving.callback(port.close)
        prepare()
        databases = leaving.enter_context(open_databases(settings, sides_of(part, side)))
        for one in sorted(sides_of(part, side)):
            with connect(databases.owner[one], application="settings") as connection:
                note_settings(connection, str(part), settings)
        loops: list[Worker] = []
        for web, listening in ports.items():
            service = _service(web, settings, databases, registries[web], stop, traces)
            application = leaving.enter_context(service)
            from services.web_server import serving

            loops.append(serving(f"{web}-web", application, listening, gateway=settings.gateway, tls=_tls_of(settings)))
        for one in sorted({side} if side else BOTH):
            loops += _loops(part, one, settings, databases, registries[one], traces)
        if metrics and side:
            from services.web_server import scraped

            loops.append(scraped("metrics", registries[side], metrics))
        yield Crew(loops, stop), databases


def _refuse_senseless(settings: Settings, part: Part, side: Side | None) -> None:
    if part is Part.RELAY and is_embedded(settings.log):
        raise WronglyAsked("the embedded log needs no relay: the ledger itself is read. For Kafka set LOG_URL")
    if settings.metrics_port and part is Part.PROJECTOR and side is None:
        raise WronglyAsked("LINKAGE_METRICS_PORT is for the projector of one side: add --side")
    refuse_tls_without_name(settings)


def refuse_tls_without_name(settings: Settings) -> None:
    if settings.tls_certificate_file and settings.approval_service_url is None:
        raise SettingsWrong("APPROVAL_SERVICE_URL: the web services end TLS: give https:// and the certificate's name")


def _tls_of(settings: Settings) -> OwnTls | None:
    if settings.tls_certificate_file is None or settings.tls_key_file is None:
        return None
    from services.own_tls import OwnTls

    return OwnTls(settings.tls_certificate_file, settings.tls_key_file, settings.tls_clients_file)


def _take_ports(settings: Settings, part: Part) -> dict[Side, socket.socket]:
    """None for the other parts: they do not even read what serves."""
    numbers = {"approval": settings.approval_port, "supervision": settings.supervision_port}
    wanted = [side for side in _WEB if part in (Part.ALL, Part(side))]
    if not wanted:
        return {}
    from services.web_server import take_port

    return {side: take_port(settings.host, numbers[side], f"--{side}-port (or {side.upper()}_PORT)") for side in wanted}


def _service(
    web: Side,
    settings: Settings,
    databases: Databases,
    registry: CollectorRegistry,
    stop: threading.Event,
    traces: Traces | None,
) -> AbstractContextManager[ASGIApp]:
    # Read where there is a web service: the other parts start in half the time, and are smaller.
    from services.web_services import Surroundings, approval_service, supervision_service

    made = {"approval": approval_service, "supervision": supervision_service}
    return made[web](Surroundings(settings, databases, registry, stop, traces))


def _loops(
    part: Part,
    side: Side,
    settings: Settings,
    databases: Databases,
    registry: CollectorRegistry,
    traces: Traces | None,
) -> Iterator[Worker]:
    if part in (Part.APPROVAL, Part.ALL) and side == "approval":
        yield from taking_commands(settings, databases, registry, traces)
    if part in (Part.SEQUENCER, Part.ALL):
        yield from numbering(side, settings, databases, traces)
        yield from signing_checkpoints(side, settings, databases)
    if part in (Part.RELAY, Part.ALL):
        yield from relaying(side, settings, databases, traces)
    if part in (Part.PROJECTOR, Part.ALL):
        yield from projecting(side, settings, databases, registry, traces)
    if part in (Part.SCHEDULER, Part.ALL):
        yield from reminding(side, settings, databases)
        yield from stamping(side, settings, databases)
        yield from watching_numbers(side, settings, databases)
        yield from telling_operators(side, settings, databases)
        yield from telling_systems(side, settings, databases)
        yield from proving(side, settings, databases)
