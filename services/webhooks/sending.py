"""Sends messages: one leader of a side hands them over, several endpoints at once, one message of each at a time.

What arrived is recorded after it did: a process that dies between the two sends it once more under the same id. Order
is not promised; a receiver asks by the API for what holds now.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import structlog

from events.leading import Leader, take_turns
from events.locks import Lock
from services.migrating import Side
from services.scheduler import database_clock
from services.webhooks import endpoints, messages, sealing_key, signing
from services.webhooks.checkpoint_messages import gather_checkpoint
from services.webhooks.messages import Message
from services.webhooks.posting import SECONDS, Answer, post
from services.webhooks.schedule import asked_to_wait
from services.webhooks.targets import Allowed, Refused, Resolve, resolved, target_of

log = structlog.get_logger()

LOOK_SECONDS = 2.0
SILENT_SECONDS = 120.0
AT_ONCE = 8
SHORT_PAUSE = timedelta(minutes=1)
"""What an endpoint that does not answer at all is left alone for, whatever else waits for it: each try holds one of the
threads for up to 20 s."""
GONE = 410
_AGENT = "linkage-webhooks/1"


@dataclass(frozen=True, slots=True)
class Manner:
    """How a site sends. ``context``: TLS, with the authorities that it trusts."""

    link: str
    key_file: Path
    allowed: Allowed
    context: ssl.SSLContext
    seconds: float = SECONDS
    resolve: Resolve = resolved


@dataclass(slots=True)
class Sender:
    """Of one side. ``clock``: of the database; ``running``: a clock for how long an answer takes."""

    url: str
    side: Side
    manner: Manner
    clock: Callable[[psycopg.Connection], datetime] = database_clock
    running: Callable[[], float] = time.monotonic
    _flying: dict[Future[Answer], Message] = field(default_factory=dict)
    _pool: ThreadPoolExecutor | None = None

    def run(self, stop: threading.Event) -> None:
        """Send until ``stop``. What is on its way then is sent once more by whoever leads next."""
        try:
            leader = Leader(self.url, f"{self.side}-webhooks", Lock.SENDING_WEBHOOKS, SILENT_SECONDS)
            take_turns(leader, stop, LOOK_SECONDS, lambda connection: self.turn(connection, stop))
        finally:
            self.close()

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def turn(self, connection: psycopg.Connection, stop: threading.Event) -> int:
        """Queue what is new and send what is due, until nothing is; return how many arrived. An endpoint that takes its
        time is looked at again in the next turn."""
        now = self.clock(connection)
        while messages.gather(connection, self.side, self.manner.link, now) and not stop.is_set():
            pass
        gather_checkpoint(connection, self.side, now)
        sent = 0
        while not stop.is_set():
            self._begin(connection, self.clock(connection))
            if not self._flying:
                break
            done, _ = wait(self._flying, LOOK_SECONDS, FIRST_COMPLETED)
            for future in done:
                sent += self._settle(connection, self._flying.pop(future), future.result(), self.clock(connection))
            if not done:
                break
        messages.forget(connection, now)
        return sent

    def _begin(self, connection: psycopg.Connection, now: datetime) -> None:
        busy = {one.endpoint for one in self._flying.values()}
        free = AT_ONCE - len(busy)
        found = messages.due(connection, now, busy, free) if free else ()
        if not found:
            return
        self._pool = self._pool or ThreadPoolExecutor(AT_ONCE, thread_name_prefix=f"{self.side}-webhook")
        for one in found:
            try:
                secrets = self.secrets(connection, one.endpoint, now)
            except sealing_key.WebhookKeyWrong as wrong:
                log.error("webhook_not_signed", side=self.side, why=str(wrong))
                self._settle(connection, one, Answer(0, "no_key"), now)
                continue
            headers = signing.headers(str(one.id), one.content, secrets, now)
            self._flying[self._pool.submit(self.hand_over, one.url, one.content, headers)] = one

    def secrets(self, connection: psycopg.Connection, endpoint: UUID, now: datetime) -> list[str]:
        return endpoints.secrets_of(connection, sealing_key.read_key(self.manner.key_file), endpoint, now)

    def hand_over(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """Judge the target as it is now, and POST to the address that was judged."""
        try:
            target = target_of(url)
            address = self.manner.allowed.pinned(target, self.manner.resolve)
        except Refused as refused:
            return Answer(0, str(refused))
        said = {
            "Host": target.netloc,
            "Content-Type": "application/json",
            "User-Agent": _AGENT,
            "Accept-Encoding": "identity",
            "Connection": "close",
            **headers,
        }
        return post(url, address, content, said, self.manner.context, self.manner.seconds, self.running)

    def _settle(self, connection: psycopg.Connection, one: Message, answer: Answer, now: datetime) -> int:
        if 200 <= answer.status < 300:
            with connection.transaction():
                messages.arrived(connection, one.id, now)
                endpoints.went_well(connection, one.endpoint)
            return 1
        with connection.transaction():
            until = asked_to_wait(answer.retry_after, now) if answer.status in (429, 503) else None
            again = messages.failed(connection, one, answer.reason, until, now)
            if answer.status == GONE:
                endpoints.disable(connection, one.endpoint, answer.reason, now)
            else:
                unheard = min(again, now + SHORT_PAUSE) if again and not answer.status else None
                endpoints.went_wrong(connection, one.endpoint, answer.reason, until or unheard, now)
        log.warning(
            "webhook_not_delivered",
            side=self.side,
            endpoint=str(one.endpoint),
            reason=answer.reason,
            given_up=again is None,
        )
        return 0
