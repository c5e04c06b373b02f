"""Tells operators: one leader of a side looks at the conditions, keeps what is open, and sends what is to be told.

What is told is queued in the transaction that notes it as told, and recorded as sent after it was: a process that dies
between the two sends it once more under the same id. A database that is away cannot be asked whether that was told; its
leader tells it from memory, once, and the outer check (``ping``) tells of a leader that is gone as well.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid5

import httpx
import psycopg
import structlog

from events.envelope import NAMESPACE
from events.leading import Leader, every, lead
from events.locks import Lock
from events.log import Log, LogUnavailable
from services import alert_store, silences
from services.alert_conditions import Own, conditions, look
from services.alert_recipients import Manner, Recipient
from services.alert_store import Message
from services.alert_words import message_of
from services.alerts import KINDS, Alert, Occasion, Round, Severity, Telling, advance
from services.notice_channels import Sending, Undelivered
from services.notices import Channel, Notice
from services.scheduler import database_clock
from services.time_rules import TimeRules, read_time_rules

log = structlog.get_logger()

LOOK_SECONDS = 10.0
SILENT_SECONDS = 120.0
PING_SECONDS = 60.0
AT_ONCE = 100
AWAY = "LinkageDatabaseAway"


@dataclass(slots=True)
class Alerter:
    """Of one side. ``source`` opens the other side's log, ``own`` asks what this side alone knows."""

    url: str
    side: str
    projection: str
    source: Callable[[], Log]
    own: Callable[[psycopg.Connection], Own]
    manner: Manner
    clock: Callable[[psycopg.Connection], datetime] = database_clock
    running: Callable[[], float] = time.monotonic
    _open: dict[Channel, Sending] = field(default_factory=dict)
    _led_until: float | None = None
    _away: Alert | None = None
    _pinged: float | None = None
    _log: Log | None = None
    _rules: TimeRules | None = None

    def run(self, stop: threading.Event) -> None:
        """Look and tell until ``stop``. An outage of the database is told, and waited out."""
        lead(
            Leader(self.url, f"{self.side}-alerts", Lock.ALERTING, SILENT_SECONDS),
            stop,
            lambda connection: self._watch(connection, stop),
            stands_by=self._another_leads,
            away=lambda: self.without_database(datetime.now(UTC)),
        )

    def _another_leads(self, connection: psycopg.Connection) -> None:
        self.note_outage(connection)
        self._led_until = None

    def _watch(self, connection: psycopg.Connection, stop: threading.Event) -> None:
        self.note_outage(connection)

        def look() -> None:
            self.turn(connection, stop)
            self.ping(connection)

        try:
            every(LOOK_SECONDS, stop, look)
        finally:
            self.close()

    def turn(self, connection: psycopg.Connection, stop: threading.Event) -> int:
        """Look once, and send what is due; return how many messages went out."""
        now = self.clock(connection)
        self._rules = read_time_rules(connection, self._rules)
        calendar = self._rules.calendar
        found = conditions(look(connection, self.side, self.projection, self._opened(), self.own, calendar, now))
        quiet = self.manner.quiet is not None and self.manner.quiet.holds(now, calendar)
        silent = silences.at(connection, now)
        with connection.transaction():
            made = advance(
                alert_store.at_work(connection),
                found,
                lambda alert: any(one.covers(alert) for one in silent),
                quiet,
                self.manner.repeat,
                now,
            )
            alert_store.keep(connection, made, now)
            alert_store.queue(connection, self._messages(made.told), now)
        self._led_until = self.running()
        for one in made.told:
            log.warning("alert_told", side=self.side, alert=one.alert.alert, occasion=one.occasion.value)
        return self._send(connection, now, stop)

    def _opened(self) -> Log | None:
        """Return the other side's log, opened once: with a broker that takes longer than a look."""
        if self._log is None:
            try:
                self._log = self.source()
            except LogUnavailable:
                return None
        return self._log

    def close(self) -> None:
        if self._log is not None:
            self._log.close()
            self._log = None

    def _messages(self, told: Sequence[Telling]) -> list[Message]:
        messages = []
        for one in self.manner.recipients:
            urgent = [telling for telling in told if telling.alert.severity is Severity.PAGE]
            for_it = urgent if one.only_urgent else told
            if for_it:
                name = ",".join(sorted(telling.id for telling in for_it))
                name = f"alert/{self.side}/{one.name}/{one.channel}/{name}"
                text = message_of(self.side, for_it, self.manner.link, self.manner.pages)
                messages.append(Message(uuid5(NAMESPACE, name), one.name, one.channel, text, bool(urgent)))
        return messages

    def _send(self, connection: psycopg.Connection, now: datetime, stop: threading.Event) -> int:
        known = {(one.name, one.channel): one for one in self.manner.recipients}
        sent = 0
        for one in alert_store.due(connection, now, AT_ONCE):
            if stop.is_set():
                break
            try:
                recipient = known.get((one.recipient, one.channel))
                if recipient is None:
                    raise Undelivered("no address", lasting=True)
                delivered = self.hand_over(recipient, one, now)
            except Undelivered as error:
                state = alert_store.did_not(connection, one.id, str(error), error.lasting, now)
                log.warning("alert_not_sent", side=self.side, channel=one.channel.value, reason=str(error), state=state)
                continue
            alert_store.went_out(connection, one.id, delivered, now)
            sent += 1
        return sent

    def hand_over(self, recipient: Recipient, one: Message, now: datetime) -> bool:
        """Send it, and return whether its arrival is known; ``Undelivered`` when it did not go out."""
        if recipient.channel not in self._open:
            self._open[recipient.channel] = self.manner.ways[recipient.channel]()
        way = self._open[recipient.channel]
        notice = Notice(one.id, recipient.name, recipient.channel, (), one.text, one.urgent, "运行告警")
        way.send(recipient.address, notice, now)
        return way.delivered

    def without_database(self, now: datetime) -> None:
        """Tell everybody, once, that a database has been away for a minute of which this process was the leader."""
        if self._led_until is None or self._away is not None:
            return
        away = timedelta(seconds=self.running() - self._led_until)
        if away < KINDS[AWAY].hold:
            return
        said = "本侧数据库连接不上，网页、编号和名单都停着；恢复后自动继续，不会丢失"
        self._away = Alert(AWAY, self.side, said, now - away, now, told=1, told_at=now)
        telling = Telling(self._away, Occasion.OPENED)
        known = {(one.name, one.channel): one for one in self.manner.recipients}
        for one in self._messages([telling]):
            try:
                self.hand_over(known[one.recipient, one.channel], one, now)
            except Undelivered as error:
                log.warning("alert_not_sent", side=self.side, channel=one.channel.value, reason=str(error))

    def note_outage(self, connection: psycopg.Connection) -> None:
        """Keep what was told from memory, so that whoever leads now tells that it is over."""
        if self._away is not None:
            alert_store.keep(connection, Round(kept=[self._away]), self.clock(connection))
            self._away = None

    def ping(self, connection: psycopg.Connection) -> None:
        """Say to the outer check that this sender works: its database has just answered, and somebody can be told."""
        due = self._pinged is None or self.running() - self._pinged >= PING_SECONDS
        if self.manner.ping is None or not due:
            return
        if alert_store.reached_nobody(connection, self.clock(connection)):
            log.warning("alerts_reach_nobody", side=self.side)
            return
        try:
            answer = httpx.get(self.manner.ping, timeout=5.0, trust_env=False, follow_redirects=False)
            answer.raise_for_status()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.warning("outer_check_not_reached", side=self.side, error=type(error).__name__)
            return
        self._pinged = self.running()
