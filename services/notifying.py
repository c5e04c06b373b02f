"""Sends notices: one leader of a side puts together what is to be told, and hands it to mail server, gateway, webhook.

A notice that went out is recorded after it did. A process that dies between the two sends it once more when it is back,
under the same id: at least once, and a gateway that knows the id shows it once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import psycopg
import structlog

from events.leading import Leader, take_turns
from events.locks import Lock
from services import notice_store, tidings
from services.holders import read_holders
from services.notice_channels import Sending, Undelivered, Ways
from services.notices import Channel, Quiet, gather
from services.people_register import Enrolment, read_enrolments
from services.scheduler import database_clock
from services.scheduling import OpenItems
from services.time_rules import read_time_rules

log = structlog.get_logger()

LOOK_SECONDS = 2.0
SILENT_SECONDS = 300.0
AT_ONCE = 100
MOST_GATHERED = 20_000


@dataclass(frozen=True, slots=True)
class Manner:
    """How a site sends: ``window`` gathers several items, ``urged_always`` lets urged ones through quiet hours."""

    link: str
    window: timedelta = timedelta(seconds=60)
    quiet: Quiet | None = None
    urged_always: bool = False


def address_of(entry: Enrolment, channel: Channel) -> str:
    return {Channel.MAIL: entry.mail, Channel.SMS: entry.phone, Channel.WEBHOOK: entry.webhook}[channel]


@dataclass(slots=True)
class Notifier:
    """Of one side, with the ways out that the site has; without any it only says that nobody could be reached."""

    url: str
    side: str
    kinds: Sequence[OpenItems]
    ways: Ways
    manner: Manner
    clock: Callable[[psycopg.Connection], datetime] = database_clock
    running: Callable[[], float] = time.monotonic
    _open: dict[Channel, Sending] = field(default_factory=dict)
    _gather_from: float = 0.0

    def run(self, stop: threading.Event) -> None:
        """Send until ``stop``. An outage of the database is waited out; one of a gateway is tried again by and by."""
        leader = Leader(self.url, f"{self.side}-notices", Lock.NOTIFYING, SILENT_SECONDS)
        take_turns(leader, stop, LOOK_SECONDS, lambda connection: self.turn(connection, stop))

    def turn(self, connection: psycopg.Connection, stop: threading.Event) -> int:
        """Put together what is to be told and send what is due; return how many notices went out."""
        now, begun = self.clock(connection), self.running()
        if begun >= self._gather_from:
            self.gather(connection, now)
            self._gather_from = self.running() + 10 * (self.running() - begun)
        return self.send(connection, now, stop)

    def gather(self, connection: psycopg.Connection, now: datetime) -> None:
        waiting = tidings.waiting(connection, MOST_GATHERED)
        if not waiting:
            return
        items = {one.item for one in waiting}
        rules = read_time_rules(connection)
        opened = (item.id for kind in self.kinds for item in kind.open_items(connection, rules))
        still_open = {item for item in opened if item in items}
        holders = {item: held.said.officer for item, held in read_holders(connection, items).items()}
        people = read_enrolments(connection, {officer for officer in holders.values() if officer})
        reachable = {
            number: [channel for channel in self.ways if address_of(entry, channel)] for number, entry in people.items()
        }
        found = gather(waiting, still_open, holders, reachable, now, self.manner.window, self.manner.link)
        if found.outcomes:
            with connection.transaction():
                notice_store.queue(connection, found.notices, now)
                tidings.settle(connection, found.outcomes, now)
            log.info("notices_queued", side=self.side, notices=len(found.notices), told_of=len(found.outcomes))

    def send(self, connection: psycopg.Connection, now: datetime, stop: threading.Event) -> int:
        quiet = self.manner.quiet is not None and self.manner.quiet.holds(now, read_time_rules(connection).calendar)
        if quiet and not self.manner.urged_always:
            return 0
        notices = notice_store.due(connection, now, list(self.ways), quiet, AT_ONCE)
        people = read_enrolments(connection, {one.officer for one in notices}) if notices else {}
        sent, down = 0, set[Channel]()
        for one in notices:
            if stop.is_set() or one.channel in down:
                continue
            entry = people.get(one.officer)
            try:
                if entry is None or not (address := address_of(entry, one.channel)):
                    raise Undelivered("no address", lasting=True)
                way = self._way(one.channel)
                way.send(address, one, now)
            except Undelivered as error:
                state = notice_store.did_not(connection, one.id, str(error), error.lasting, now)
                log.warning(
                    "notice_not_sent", side=self.side, channel=one.channel.value, reason=str(error), state=state
                )
                # One server or gateway for all: the others need not wait for it to be silent once more each.
                if not error.lasting and one.channel is not Channel.WEBHOOK:
                    down.add(one.channel)
                continue
            notice_store.went_out(connection, one.id, way.delivered, now)
            sent += 1
        return sent

    def _way(self, channel: Channel) -> Sending:
        if channel not in self._open:
            self._open[channel] = self.ways[channel]()
        return self._open[channel]
