"""The loops of a side that go by the clock: what it reminds of, tells, signs, and proves, each by one leader."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial

import psycopg

from services.access.audit_walks import walk_audit
from services.alert_conditions import Own
from services.assigning import Assigning
from services.checkpoints.leading import Checkpointing
from services.checkpoints.opening import believed_by, key_of
from services.checkpoints.time_stamps import read_certificates
from services.completeness_answers import READERS, other_side
from services.crew import Worker
from services.databases import Databases
from services.ledger_walks import of_walk, walk
from services.migrating import Side
from services.nightly import Found, Nightly, hour_of
from services.number_watch import NumberWatch
from services.parts import log_of
from services.people_register import NoPlaces, Whereabouts
from services.proofs import RECONCILE, VERIFY
from services.reconciling import outcome, reconcile_side
from services.scheduler import Scheduler
from services.scheduling import Ending, OpenItems
from services.settings import Settings
from services.statement_drawing import StatementsAreDrawn

WHOLE_WALK = 6
"""In the night to Sunday the whole ledger is walked, in the others what came since the last walk."""


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
