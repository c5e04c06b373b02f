"""One leader of a side signs its ledger each minute, and checks what the other side says of its own.

Beside the sequencer, not in it: an append waits for no tree and no signature.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import psycopg
import structlog

from events import ledger
from events.leading import Leader, Wait, take_turns
from events.locks import Lock
from events.log import Log, LogUnavailable
from events.proof.signing import Signer
from events.proof.spoken import Holding
from services.checkpoints.heard import hear, newest_held, read_spoken
from services.checkpoints.ledger_tree import LedgerTree, TreeBroken
from services.checkpoints.own import OwnRewritten, sign_if_due, speak
from services.checkpoints.signing_keys import signs_now
from services.checkpoints.standing import CheckpointFault, note_fault, note_good
from services.scheduler import database_clock
from services.trouble import Trouble

log = structlog.get_logger()

SILENT_SECONDS = 120.0
LOOK_SECONDS = 2.0
AGAIN_SECONDS = 60.0
"""How long a key that cannot be read is waited for: numbering must not end for it."""

OpenKey = Callable[[psycopg.Connection, datetime], tuple[LedgerTree, Signer]]


class Checkpointing:
    """Leads the checkpoints of one side, or waits until it may. ``other`` opens the other side's log."""

    def __init__(
        self,
        url: str,
        side: str,
        open_key: OpenKey,
        other: Callable[[], Log],
        clock: Callable[[psycopg.Connection], datetime] = database_clock,
    ) -> None:
        self.url, self.side, self.open_key, self.other, self.clock = url, side, open_key, other, clock
        self._signer: Signer | None = None
        self._other_log: Log | None = None
        self._heard_at: datetime | None = None

    def run(self, stop: threading.Event) -> None:
        """Sign and check until ``stop``. A database or log that is away is waited for."""
        try:
            take_turns(
                Leader(self.url, f"{self.side}-checkpoints", Lock.SIGNING_CHECKPOINTS, SILENT_SECONDS, LOOK_SECONDS),
                stop,
                LOOK_SECONDS,
                self._turn,
                waits={Trouble: Wait("checkpoints_wait", AGAIN_SECONDS)},
            )
        finally:
            self._close()

    def _turn(self, connection: psycopg.Connection) -> None:
        try:
            self.turn(connection)
        except Trouble as trouble:
            log.critical("checkpoints_not_signed", side=self.side, why=str(trouble))
            raise

    def turn(self, connection: psycopg.Connection) -> None:
        """Sign what is due, hear what was announced, and say what is to be announced."""
        now = self.clock(connection)
        if self._signer is None or not signs_now(connection, self._signer.key):
            tree, self._signer = self.open_key(connection, now)
        else:
            tree = LedgerTree(connection)
        other_holds = self._hear(connection, now)
        try:
            size = ledger.head(connection).position
            tree.grow(size)  # by itself: what an old ledger needs at the first time is no one transaction
            with connection.transaction():
                signed = sign_if_due(connection, tree, size, self._signer, now)
                self._speak(connection, tree, other_holds)
                if signed is not None:
                    note_good(connection, self.side, now)
        except (OwnRewritten, TreeBroken) as error:
            rewritten = isinstance(error, OwnRewritten)
            fault = CheckpointFault.REWRITTEN if rewritten else CheckpointFault.BROKEN
            log.critical("checkpoint_refused", side=self.side, fault=fault)
            note_fault(connection, self.side, now, fault)

    def _speak(self, connection: psycopg.Connection, tree: LedgerTree, other_holds: Holding | None) -> None:
        source = "supervision" if self.side == "approval" else "approval"
        held = newest_held(connection, source)
        speak(connection, tree, other_holds, held.as_holding() if held else None)

    def _hear(self, connection: psycopg.Connection, now: datetime) -> Holding | None:
        """Return what the other side holds of this one's ledger."""
        try:
            if self._other_log is None:
                self._other_log = self.other()
            said = self._other_log.announcement()
        except LogUnavailable as error:
            log.info("checkpoints_not_heard", side=self.side, error=type(error).__name__)
            self._close()
            return None
        if said is None or said.checkpoint is None:
            return None
        spoken = read_spoken(said.checkpoint)
        if said.announced_at != self._heard_at:
            self._heard_at = said.announced_at
            if fault := hear(connection, said.source, spoken, now):
                log.critical("checkpoint_does_not_hold", source=said.source, fault=fault)
        return spoken.holds if spoken else None

    def _close(self) -> None:
        if self._other_log is not None:
            with suppress(LogUnavailable):
                self._other_log.close()
            self._other_log = None
