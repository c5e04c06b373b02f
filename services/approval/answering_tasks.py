"""A clerk answers a task: the answer, and the decision that carries it out, are recorded in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import psycopg
from pydantic import Field

from events import sealing, store
from events.catalogue import encode
from events.database import raw
from events.envelope import NewEvent, Record, canonical
from events.tasks import TaskOutcome
from services.approval import task_list
from services.approval.decision import Decision
from services.approval.handling import Desk
from services.approval.naming_persons import refuse_names, said_in
from services.approval.outcome import SOURCE, Submission
from services.approval.recording import fold
from services.approval.task import Task, evolve
from services.approval.task_answer import Decided, Given, answer, may_answer
from services.approval.task_rules import (
    OTHER_PERMIT,
)
from services.handled_once import handled_once
from services.public_text import may_be_public
from services.refusing import Refused, Rule
from services.stated import Code, Stated, Text

StreamAtVersion = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}@\d{1,9}$")]


class AnswerForm(Stated):
    """What a clerk states. A decision carries most outcomes out: named by ``decision`` (permit@version) when it is
    recorded already, or recorded now from ``recording``. ``undo`` without either takes the earlier decision back."""

    outcome: TaskOutcome
    clerk: Code
    reason: Text = ""
    decision: StreamAtVersion | None = None
    recording: Decision | None = None


def _now() -> datetime:
    return datetime.now(UTC)


class TaskDesk:
    """Answers tasks against one approval database. ``clock`` tells when it is; the day is China's, from the desk."""

    def __init__(self, desk: Desk, clock: Callable[[], datetime] = _now) -> None:
        self.desk = desk
        self.clock = clock

    def answer(self, task: UUID, form: AnswerForm, caller: str = "", key: str = "") -> dict[str, Any]:
        """Record the answer and return it, or raise ``Refused`` with nothing recorded, the decision neither.

        Of two clerks at once one wins; the other loads again and is refused with the name of the first.
        """
        may_be_public([form.reason], "reason")
        name, asked = (caller, f"task/{key}" if key else ""), self._asked(task, form)
        return handled_once(self.desk.engine, name, asked, lambda open_: self._attempt(raw(open_), task, form))

    def _attempt(self, connection: psycopg.Connection, stream: UUID, form: AnswerForm) -> dict[str, Any]:
        task = task_list.load(connection, [stream])[stream]
        may_answer(task, Given(form.outcome, form.clerk, form.reason))
        assert task.opened is not None
        permit = task.opened.permit
        named = self._decision(connection, task, form)
        records = store.load_streams(connection, SOURCE, [permit])[permit]
        refuse_names(connection, self.desk.master, form.reason, "reason", records)
        said = answer(task, Given(form.outcome, form.clerk, form.reason, named), decided(records), self.desk.today())
        kind, schema, data = encode(said)
        version = task.version + 1
        at = store.append(connection, SOURCE, [NewEvent(stream, version, kind, schema, self.clock(), data)])
        task_list.write(connection, {stream: evolve(task, version, said, at)})
        return {
            "task": str(stream), "version": version, "outcome": form.outcome.value,
            "decision": f"{permit}@{said.decision_version}" if said.decision_version else None,
            "answered_at": at.isoformat(),
        }  # fmt: skip

    def _decision(self, connection: psycopg.Connection, task: Task, form: AnswerForm) -> tuple[UUID, int] | None:
        """Return the decision that carries the answer out, recording it where that is asked for."""
        if form.decision is not None:
            permit, version = form.decision.split("@")
            return UUID(permit), int(version)
        if form.recording is not None:
            (outcome,) = self.desk.handle([Submission(form.recording)], connection=connection)
        elif form.outcome is TaskOutcome.UNDO and task.acted and task.opened:
            outcome = self.desk.retract(connection, task.opened.permit, task.acted, form.reason)
        else:
            return None
        if not outcome.accepted:
            raise Refused(Rule(outcome.rule, outcome.text, outcome.repair), field="recording")
        assert outcome.permit is not None
        if task.opened is None or outcome.permit != task.opened.permit:
            raise Refused(OTHER_PERMIT, field="recording")  # and the transaction with the decision is rolled back
        return outcome.permit, outcome.version

    def _asked(self, stream: UUID, form: AnswerForm) -> str:
        # Keyed: a plain hash of a decision's fields would let an identity number be guessed from the others.
        digest = hashlib.sha256(canonical({"task": str(stream), **form.model_dump(mode="json")})).hexdigest()
        return sealing.fingerprint(self.desk.master, "request", digest).hex()


def decided(records: Sequence[Record]) -> dict[int, Decided]:
    """Return the decisions of a permit's stream by version, those too whose entry was taken back."""
    standing = {entry.version for entry in fold(records).entries}
    found = {}
    for record in records:
        said = said_in(record)
        stands = record.version in standing or record.type == "decision_retracted"
        found[record.version] = Decided(record.type, said.status, said.decision_date, stands)
    return found
