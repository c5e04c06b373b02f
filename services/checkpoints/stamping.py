"""One leader of a side has its newest checkpoint stamped by an authority, now and then. Beside the one that signs: an
authority that is away, slow or wrong holds up no checkpoint."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import psycopg
import structlog
from cryptography import x509

from events.leading import Leader, take_turns
from events.locks import Lock
from services.checkpoints.own import newest_signed
from services.checkpoints.stamps import Stamp, keep, newest_stamp, note_failure, stamping
from services.checkpoints.time_stamps import StampWrong, ask, check
from services.scheduler import database_clock

log = structlog.get_logger()

LOOK_SECONDS = 10.0
SILENT_SECONDS = 120.0
AGAIN = timedelta(minutes=5)
"""After a failure; an authority that asks for money by the stamp is not asked in a loop."""
SECONDS = 20.0
LARGEST = 64 * 1024
_ASKED = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


@dataclass(slots=True)
class Stamper:
    """Of one side. ``every``: between two stamps at least. ``clock``: of the database."""

    url: str
    side: str
    authority: str
    believed: Callable[[], Sequence[x509.Certificate]]
    every: timedelta
    clock: Callable[[psycopg.Connection], datetime] = database_clock
    seconds: float = SECONDS

    def run(self, stop: threading.Event) -> None:
        leader = Leader(self.url, f"{self.side}-stamps", Lock.STAMPING_CHECKPOINTS, SILENT_SECONDS)
        take_turns(leader, stop, LOOK_SECONDS, self.turn)

    def turn(self, connection: psycopg.Connection) -> bool:
        """Have the newest checkpoint stamped if it is due; tell whether one was kept."""
        now, newest = self.clock(connection), newest_signed(connection)
        last, tried = newest_stamp(connection), stamping(connection)
        if newest is None or (last is not None and last.size >= newest.size):
            return False
        if tried is not None and now - tried.tried_at < (AGAIN if tried.reason else self.every):
            return False
        try:
            asked = ask(newest.newest_note)
            answer = self._post(asked.request)
            stamped = check(answer, newest.newest_note, self.believed(), asked.nonce)
        except (StampWrong, OSError, ValueError) as error:
            reason = error.reason if isinstance(error, StampWrong) else "no_certificates"
            note_failure(connection, reason, now)
            log.warning("checkpoint_not_stamped", side=self.side, reason=reason)
            return False
        keep(connection, Stamp(newest.size, newest.newest_note, answer, stamped.at, stamped.by), now)
        return True

    def _post(self, request: bytes) -> bytes:
        """Return the answer; ``StampWrong`` where there is none in time, or it is none."""
        ends = time.monotonic() + self.seconds
        try:
            with (
                httpx.Client(timeout=self.seconds, trust_env=False) as client,
                client.stream("POST", self.authority, content=request, headers=_ASKED) as answer,
            ):
                if answer.status_code != 200:
                    raise StampWrong(f"http {answer.status_code}")
                found = b""
                for piece in answer.iter_raw():
                    found += piece
                    # Who sends a byte every few seconds would hold us as long as he likes.
                    if len(found) > LARGEST or time.monotonic() > ends:
                        raise StampWrong("unreadable")
                return found
        except httpx.HTTPError:
            raise StampWrong("away") from None
