"""The parts of the linkage, and which loops each consists of. All parts run in one process as well as in one each."""

import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import partial

import psycopg
from prometheus_client import CollectorRegistry

from events.announcing import Announcer
from events.database import open_engine, raw
from events.log import Log, Publisher
from events.log.opening import follow_log, is_embedded, open_commands, open_log, open_publisher, open_replies
from events.relay import Relay
from events.reserve import Disk, DiskWatch
from events.sequencer import Sequencer
from projections.following import Worker as Follower
from projections.lag_history import nobody
from projections.lag_touched import touched
from projections.leased_reader import LeasedReader
from projections.projector import Projection
from projections.sampling import Sampler
from services.access.audit_chain import Linker
from services.access.audit_copy import Copier
from services.access.audit_walks import walk_audit
from services.access.syslog_line import Collector
from services.alert_conditions import Own
from services.assigning import Assigning
from services.checkpoints.leading import Checkpointing
from services.checkpoints.opening import believed_by, key_of
from services.checkpoints.time_stamps import read_certificates
from services.completeness_answers import READERS, other_side
from services.counting import CommandMetrics, ProjectionMetrics
from services.crew import Worker
from services.databases import BOTH, Databases
from services.ledger_walks import of_walk, walk
from services.migrating import Side
from services.nightly import Found, Nightly, hour_of
from services.number_watch import NumberWatch
from services.people_register import NoPlaces, Whereabouts
from services.proofs import RECONCILE, VERIFY
from services.reconciling import outcome, reconcile_side
from services.scheduler import Scheduler
from services.scheduling import Ending, OpenItems
from services.settings import Settings
from services.statement_drawing import StatementsAreDrawn
from services.traced import Observe, TracedProjection, TracedPublisher, numbered
from services.tracing import Traces

MEGABYTE = 10**6


WHOLE_WALK = 6
"""In the night to Sunday the whole ledger is walked, in the others what came since the last walk."""


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
    own = settings.approval_database_url if side == "approval" else settings.supervision_database_url
    room = settings.database_room
    return Disk(
        settings.disk_reserve * MEGABYTE,
        settings.disk_folder if own else settings.data,
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
    observe: Observe = ProjectionMetrics(registry, projection.name, source, _now).observe
    if traces:
        projection = TracedProjection(projection, traces)
        observe = projection.observing(observe)
    url = databases.owner[side]
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

    sampler = Sampler(url, projection.name, log, touched if side == "supervision" else nobody)
    return [Worker(f"{side}-{projection.name}", run), Worker(f"{side}-{projection.name}-lag", sampler.run)]


def _projection(side: Side, settings: Settings) -> Projection:
    if side == "approval":
        from services.approval import reactions as approval

        return approval.reactions(_now)
    from services.supervision import reactions as supervision

    return supervision.reactions(settings.coordinator, _now)


def reminding(side: Side, settings: Settings, databases: Databases) -> list[Worker]:
    """What a side says of the limits of its own open items, and what it tells the officers who hold them."""
    # Here, because no other part needs what sends mail.
    from services.notice_ways import manner_of, ways_of
    from services.notifying import Notifier

    kinds = open_items_of(side, settings)
    endings = (*_endings(side), Assigning(side, kinds, whereabouts_of(side)))
    scheduler = Scheduler(databases.owner[side], side, kinds, endings)
    notifier = Notifier(databases.owner[side], side, kinds, ways_of(settings), manner_of(side, settings))
    return [Worker(f"{side}-scheduler", scheduler.run), Worker(f"{side}-notices", notifier.run)]


def telling_operators(side: Side, settings: Settings, databases: Databases) -> list[Worker]:
    """What a side tells its operators when it does not go as it must."""
    from services.alert_recipients import manner_of
    from services.alerting import Alerter

    source = log_of(other_side(side), settings, databases, making=False)
    alerter = Alerter(
        databases.owner[side], side, READERS[side], source, _own_conditions(side), manner_of(side, settings)
    )
    return [Worker(f"{side}-alerts", alerter.run)]


def telling_systems(side: Side, settings: Settings, databases: Databases) -> list[Worker]:
    """What a side pushes to the systems of departments and bureaus that want it."""
    from services.webhooks.sending import Sender
    from services.webhooks.ways import manner_of

    return [Worker(f"{side}-webhooks", Sender(databases.owner[side], side, manner_of(side, settings)).run)]


def _own_conditions(side: Side) -> Callable[[psycopg.Connection], Own]:
    if side == "approval":
        from services.approval import unanswered_commands
        from services.approval.canary import missing_for

        return lambda connection: Own(missing_for(connection), unanswered_commands.count(connection))
    from services.supervision import canary_hearing

    def own(connection: psycopg.Connection) -> Own:
        heard = canary_hearing.newest(connection)
        return Own(heard.ago if heard else None)

    return own


def signing_checkpoints(side: Side, settings: Settings, databases: Databases) -> list[Worker]:
    """The tree over a side's ledger, signed each minute, and what the other side says of its own."""
    other = log_of(other_side(side), settings, databases)
    leading = Checkpointing(databases.owner[side], side, key_of(side, settings), other)
    return [Worker(f"{side}-checkpoints", leading.run)]


def stamping(side: Side, settings: Settings, databases: Databases) -> list[Worker]:
    """Time stamps of a side's checkpoints, where the site has an authority that makes them."""
    if settings.tsa_url is None or settings.tsa_certificates is None:
        return []
    from services.checkpoints.stamping import Stamper

    believed_by(settings)  # a file that cannot be read, or a library that is not there, is said at the start
    believed = partial(read_certificates, settings.tsa_certificates)
    every = timedelta(minutes=settings.tsa_minutes)
    stamper = Stamper(databases.owner[side], side, settings.tsa_url, believed, every)
    return [Worker(f"{side}-stamps", stamper.run)]


def watching_numbers(side: Side, settings: Settings, databases: Databases) -> list[Worker]:
    """Whether a side got every number of the other's ledger."""
    source = log_of(other_side(side), settings, databases)
    watch = NumberWatch(databases.owner[side], side, READERS[side], source)
    return [Worker(f"{side}-numbers", watch.run)]


def proving(side: Side, settings: Settings, databases: Databases) -> list[Worker]:
    """Whether, night by night, ledger, log and lists of a side agree, and its ledger is as recorded."""
    own, heard = log_of(side, settings, databases), log_of(other_side(side), settings, databases)

    def reconcile(connection: psycopg.Connection, night: date) -> Found:
        return outcome(reconcile_side(connection, side, own, heard))

    def verify(connection: psycopg.Connection, night: date) -> Found:
        walk_audit(connection)
        return of_walk(walk(connection, side, whole=night.weekday() == WHOLE_WALK)[0])

    nightly = Nightly(databases.owner[side], side, hour_of(settings.nightly), {VERIFY: verify, RECONCILE: reconcile})
    return [Worker(f"{side}-nightly", nightly.run)]


def open_items_of(side: Side, settings: Settings) -> Sequence[OpenItems]:
    """Each kind of work of a side that has a limit."""
    if side == "approval":
        from services.approval import open_items as approval

        return approval.open_items(settings.coordinator)
    from services.supervision import open_items as supervision

    return supervision.open_items(settings.coordinator)


def whereabouts_of(side: Side) -> Whereabouts:
    """Where the permits of a side's open items are, and what its departments have become."""
    if side == "approval":
        return NoPlaces()
    from services.supervision.item_places import ItemPlaces

    return ItemPlaces()


def _endings(side: Side) -> Sequence[Ending]:
    """What of a side ends by itself when a day is over, the day itself among it."""
    statements = StatementsAreDrawn(side)
    if side == "approval":
        from services.approval.canary import CanariesFly

        return (statements, CanariesFly())
    from services.rebuilding import Rebuilding
    from services.supervision.expiring import Expiring
    from services.supervision.freeze_lapsing import FreezesLapse
    from services.supervision.rerouting import Rerouting

    return (FreezesLapse(), Rerouting(), Expiring(), statements, Rebuilding())


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
