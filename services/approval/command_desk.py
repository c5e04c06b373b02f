"""Commands of the topic become decisions and replies: a batch, and the bookmark behind it, in one transaction.

The desk is the one that HTTP and files use. What is committed here is decisions that are recorded, replies that wait
to be published and records kept for a person; and the bookmark has passed exactly these. So a crash anywhere neither
loses a command nor handles it twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import uuid5

import psycopg
import structlog

from events import bookmark
from events.bookmark import Lease
from events.database import raw, refuses_data
from events.envelope import NAMESPACE, canonical
from events.log import LogIdentity
from events.log.commands import Command, Reply
from events.store import VersionConflict
from services.approval import signing_keys, unanswered_commands, waiting_replies
from services.approval.commands import (
    Asked,
    Misstated,
    Unanswerable,
    claimed_bureau,
    named_key,
    signed,
    understand,
)
from services.approval.handling import Desk
from services.approval.outcome import BUSY, Outcome, Submission, refusal
from services.approval.place_register import registered
from services.approval.unanswered_commands import Unanswered
from services.refusing import Rule
from services.stating import answer_key

log = structlog.get_logger()

Understood = tuple[Command, Asked | Misstated | Unanswerable]

NOT_RECORDED = Rule("not_recorded_error", "系统无法记录该决定, 未予受理。", "请核对内容; 如内容无误, 请联系运维人员。")


class CommandDesk:
    """Takes the commands of the topic ``identity`` under one lease. ``owner`` sees to those that cannot be answered."""

    def __init__(self, desk: Desk, lease: Lease, identity: LogIdentity, owner: str) -> None:
        self.desk = desk
        self.lease = lease
        self.identity = identity
        self.owner = owner

    def take(self, commands: Sequence[Command], cursors: Mapping[int, int]) -> Counter[str]:
        """Handle ``commands`` in order and move the bookmark to ``cursors``, or raise with nothing changed.

        Return how many were accepted, refused, repeated and unanswered. ``Fenced``: the partitions are not ours now.
        """
        with self.desk.engine.begin() as transaction:
            connection = raw(transaction)
            # First, because it locks: a thawed worker stops here, before it has decided anything.
            bookmark.advance(connection, self.lease, cursors, {})
            counts = self._settle(connection, commands)
        bookmark.moved(self.lease, cursors, {})
        return counts

    def _settle(self, connection: psycopg.Connection, commands: Sequence[Command]) -> Counter[str]:
        known = registered(connection, {code for c in commands if (code := claimed_bureau(c))})
        understood = self._signed(connection, [(command, understand(command, known)) for command in commands])
        asked = [said for _, said in understood if isinstance(said, Asked)]
        outcomes = iter(self._handle(connection, [_submission(said) for said in asked]))
        now = datetime.now(UTC)
        replies: list[Reply] = []
        unanswered: list[Unanswered] = []
        counts: Counter[str] = Counter()
        for command, said in understood:
            if isinstance(said, Asked | Misstated):
                answer = said.answer if isinstance(said, Misstated) else next(outcomes).told()
                name = f"{self.identity.topic}/{command.partition}/{command.offset}"
                replies.append(Reply(uuid5(NAMESPACE, name), said.bureau, said.id, now, canonical(answer)))
                counts["repeated" if answer.get("repeated") else "accepted" if answer["accepted"] else "refused"] += 1
            else:
                unanswered.append(Unanswered.of(self.identity.topic, command, said, self.owner))
                counts["unanswered"] += 1
                log.warning("command_unanswered", reason=said.code, partition=command.partition, offset=command.offset)
        waiting_replies.add(connection, replies)
        unanswered_commands.keep(connection, unanswered)
        return counts

    def _signed(self, connection: psycopg.Connection, understood: Sequence[Understood]) -> list[Understood]:
        """Return ``understood`` with each signature checked: a sender is the bureau it names when that one signed."""
        now = datetime.now(UTC)
        ids = {key for command, _ in understood if (key := named_key(command))}
        bodies = {said.bureau for _, said in understood if isinstance(said, Asked)}
        keys = signing_keys.keys_for(connection, ids, bodies, now)
        return [
            (command, signed(said, command, keys, self.desk.demand, now) if isinstance(said, Asked) else said)
            for command, said in understood
        ]

    def _handle(self, connection: psycopg.Connection, submissions: Sequence[Submission]) -> list[Outcome]:
        """Hand ``submissions`` in. When one makes desk or database fail, halve until it is alone: it is refused."""
        if not submissions:
            return []
        try:
            outcomes = self.desk.handle(submissions, connection=connection)
        except psycopg.Error as error:
            if not refuses_data(error):
                raise
            culprit: Exception = error
        except Exception as error:  # whatever one command does, the others must go on
            culprit = error
        else:
            if any(outcome.rule == BUSY.code for outcome in outcomes):
                raise VersionConflict  # nobody waits at a window here: the batch is simply taken again
            return outcomes
        if len(submissions) > 1:
            half = len(submissions) // 2
            return self._handle(connection, submissions[:half]) + self._handle(connection, submissions[half:])
        log.error("command_failed", error=type(culprit).__name__, sqlstate=getattr(culprit, "sqlstate", None))
        return [refusal(NOT_RECORDED)]


def _submission(asked: Asked) -> Submission:
    return Submission(asked.decision, asked.bureau, answer_key(asked.id), signed=asked.signed)
