"""The parts of the linkage, and which loops each consists of. All parts run in one process as well as in one each."""

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from enum import StrEnum

from prometheus_client import CollectorRegistry

from events.announcing import Announcer
from events.database import connect, open_engine, raw
from events.log import Log, Publisher
from events.log.opening import follow_log, is_embedded, open_commands, open_log, open_publisher, open_replies
from events.relay import Relay
from events.reserve import Disk, DiskWatch
from events.sequencer import Sequencer
from projections.following import Worker as Follower
from projections.lag_history import nobody
from projections.lag_touched import touched
from projections.leased_reader import LeasedReader
from projections.projection import Projection
from projections.sampling import Looking, Sampler, nowhere
from services.access.audit_chain import Linker
from services.access.audit_copy import Copier
from services.access.syslog_line import Collector
from services.completeness_answers import other_side
from services.counting import CommandMetrics, ProjectionMetrics
from services.crew import Worker
from services.databases import BOTH, Databases
from services.migrating import Side
from services.settings import Settings
from services.traced import Observe, TracedProjection, TracedPublisher, numbered
from services.tracing import Traces

MEGABYTE = 10**6


class Part(StrEnum):
    """What `linkage run` may be asked for."""

    APPROVAL = "approval"
    SUPERVISION = "supervision"
    SEQUENCER = "sequencer"
    RELAY = "relay"
    PROJECTOR = "projector"
    SCHEDULER = "scheduler"
    ALL = "all"


def sides_of(part: Part, side: Side | None) -> frozenset[Side]:
    """The sides whose own database the part needs."""
    if part is Part.APPROVAL:
        return frozenset({"approval"})
    if part is Part.SUPERVISION:
        return frozenset({"supervision"})
    return frozenset({side}) if side else BOTH


def numbering(side: Side, settings: Settings, databases: Databases, traces: Traces | None = None) -> list[Worker]:
    """The sequencer, the announcer that tells it how far the other side's lists have come, who links the audit trail,
    and who watches the disk."""
    url = databases.owner[side]
    own, other = log_of(side, settings, databases, announcing=True), log_of(other_side(side), settings, databases)
    announcer = Announcer(url, side, own, other)
    seen = [numbered(side, traces)] if traces else []
    sequencer = Sequencer(url, side, announcer.bulk_room, announcer.known_head, *seen)
    disk = DiskWatch(url, side, watched_disk(side, settings))
    return [
        Worker(f"{side}-announcer", announcer.run),
        Worker(f"{side}-sequencer", sequencer.run),
        Worker(f"{side}-audit", Linker(url, side).run),
        Worker(f"{side}-audit-copy", Copier(url, side, collector_of(settings)).run),
        Worker(f"{side}-disk", disk.run),
    ]


def collector_of(settings: Settings) -> Collector | None:
    """Where the second copy of the audit trail goes."""
    return Collector.of(settings.audit_syslog, settings.audit_syslog_ca_file) if settings.audit_syslog else None


def watched_disk(side: Side, settings: Settings) -> Disk:
    """The disk of a side's database: the data folder's when it is embedded, else what the settings say of it."""
    room = settings.database_room
    return Disk(
        settings.disk_reserve * MEGABYTE,
        settings.disk_folder if side in settings.own_databases else settings.data,
        None if room is None else room * MEGABYTE,
    )


def relaying(side: Side, settings: Settings, databases: Databases, traces: Traces | None = None) -> list[Worker]:
    """Nothing with the embedded log: there the ledger itself is read."""
    if is_embedded(settings.log):
        return []

    def publisher() -> Publisher:
        opened = open_publisher(settings.log, side)
        return TracedPublisher(opened, traces) if traces else opened

    relay = Relay(
        databases.owner[side],
        side,
        publisher,
        log_of(other_side(side), settings, databases),
    )
    return [Worker(f"{side}-relay", relay.run)]


def projecting(
    side: Side, settings: Settings, databases: Databases, registry: CollectorRegistry, traces: Traces | None = None
) -> list[Worker]:
    """What a side makes of the other's log: supervision its pushes and lists, approval who was told."""
    projection = _projection(side, settings)
    source = other_side(side)
    url = databases.owner[side]
    metrics = ProjectionMetrics(registry, projection.name, source, _now)
    expecting = _expecting(metrics) if side == "supervision" else nowhere
    with connect(url, application="metrics") as connection:
        expecting(connection)
    observe: Observe = metrics.observe
    if traces:
        projection = TracedProjection(projection, traces)
        observe = projection.observing(observe)
    log = log_of(source, settings, databases)

    def run(stop: threading.Event) -> None:
        engine = open_engine(url, application=f"{side}-{projection.name}", below_reserve=True)
        try:
            if is_embedded(settings.log):
                Follower(url, engine, projection, log, observe).run(stop)
            else:
                with closing(LeasedReader(url, engine, projection, observe)) as reader:
                    follow_log(settings.log, source, f"linkage.{projection.name}", reader, stop)
        finally:
            engine.dispose()

    sampler = Sampler(url, projection.name, log, touched if side == "supervision" else nobody, expecting)
    return [Worker(f"{side}-{projection.name}", run), Worker(f"{side}-{projection.name}-lag", sampler.run)]


def _expecting(metrics: ProjectionMetrics) -> Looking:
    """What says 0 of every department that the duty list names by now: one that it takes over later, too."""
    from services.counted_facts import departments_of
    from services.supervision import canary_hearing

    return lambda connection: metrics.expect((canary_hearing.DEPARTMENT, *departments_of(connection)))


def _projection(side: Side, settings: Settings) -> Projection:
    if side == "approval":
        from services.approval import reactions as approval

        return approval.reactions(_now)
    from services.supervision import reactions as supervision

    return supervision.reactions(settings.coordinator, _now)


def taking_commands(
    settings: Settings, databases: Databases, registry: CollectorRegistry, traces: Traces | None = None
) -> list[Worker]:
    """What bureaus publish by a topic, and the replies to it. Nothing with the embedded log, which has no topics."""
    if is_embedded(settings.log):
        return []
    from services.approval.batch_signature import Demand
    from services.approval.command_intake import CommandIntake
    from services.approval.master_key import open_master_key
    from services.approval.replying import Replier
    from services.approval.traced_desk import desk_of

    url = databases.owner["approval"]
    observe = CommandMetrics(registry).observe

    def run(stop: threading.Event) -> None:
        engine = open_engine(url, application="approval-commands", pool_size=1)
        try:
            with engine.connect() as connection:
                desk = desk_of(
                    engine, open_master_key(settings.key_file, raw(connection)), traces, Demand(settings.signatures)
                )
            intake = CommandIntake(url, desk, lambda: open_commands(settings.log), settings.coordinator, observe)
            intake.run(stop)
        finally:
            engine.dispose()

    replier = Replier(url, lambda: open_replies(settings.log))
    return [Worker("approval-commands", run), Worker("approval-replies", replier.run)]


def log_of(
    source: Side, settings: Settings, databases: Databases, *, announcing: bool = False, making: bool = True
) -> Callable[[], Log]:
    """Opens the log of `source` anew; the embedded one needs the owner's rights to announce in it. Without `making` no
    topic is made for it, for those who only look."""
    urls = databases.owner if announcing else databases.ledger
    return lambda: open_log(settings.log, source, urls.get(source, ""), making=making)


def _now() -> datetime:
    return datetime.now(UTC)
