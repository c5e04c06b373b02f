"""The desk for parked streams: retry, skip by two people, repair by the bureau's correction, a look at the contents.

Nothing is applied here: the owner of the partition carries out what was decided, under its lease. Each act is recorded
with who did it, when and why, in the transaction that does it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Connection, Engine

from events import store
from events.catalogue import DECISIONS, encode
from events.corrections import CorrectionRequested, correction_stream
from events.database import raw
from events.envelope import NewEvent
from projections import parked_acts, parked_requests, parked_streams, parking, skipping
from projections.parked_acts import Act
from projections.parked_requests import Request, Wanted
from projections.parked_streams import Contents
from services import parked_rules as rules
from services.handled_once import handled_once
from services.parked_stated import (
    AskRepair,
    AskSkip,
    ConsentToSkip,
    LookInto,
    Reasoned,
    RefuseSkip,
    RetryParked,
)
from services.parked_words import request_as_json
from services.public_text import may_be_public
from services.refusing import Refused
from services.working_days import china_day

Step = AskSkip | ConsentToSkip | RefuseSkip | AskRepair


def _now() -> datetime:
    return datetime.now(UTC)


class ParkedDesk:
    """Handles what people decide about what ``reader`` has parked, against the database of its side."""

    def __init__(self, engine: Engine, reader: str, clock: Callable[[], datetime] = _now) -> None:
        self.engine = engine
        self.reader = reader
        self.clock = clock

    def retry(self, stated: RetryParked) -> int:
        """Ask owners of the partitions to try again, and return how many streams that concerns, or ``Refused``."""
        if stated.stream is None and not stated.reason:
            raise Refused(rules.NOTHING_NAMED)
        with self.engine.begin() as transaction:
            connection = raw(transaction)
            asked = parking.request_retry(connection, self.reader, stream=stated.stream, reason=stated.reason)
            if asked:
                self._note(connection, Act.RETRY, stated.officer, stated.reason or "", stated.stream, None)
        return asked

    def step(self, stream: UUID, stated: Step, caller: str = "", key: str = "") -> dict[str, Any]:
        """Record one step about the first record of ``stream`` that waits, and return what is asked for now."""

        def attempt(transaction: Connection) -> dict[str, Any]:
            connection = raw(transaction)
            if isinstance(stated, Reasoned):
                may_be_public([stated.reason], "reason")
            version = self._first(connection, stream)
            match stated:
                case AskSkip():
                    self._ask_skip(connection, stream, version, stated)
                case AskRepair():
                    self._ask_repair(connection, stream, version, stated)
                case ConsentToSkip():
                    self._consent(connection, stream, version, stated.officer)
                case RefuseSkip():
                    self._refuse(connection, stream, version, stated)
            open_one = parked_requests.open_request(connection, self.reader, stream)
            return {"stream": str(stream), "version": version, "request": request_as_json(open_one)}

        asked = [str(stream), type(stated).__name__, stated.model_dump(mode="json")]
        return handled_once(self.engine, (caller, f"parked/{key}" if key else ""), asked, attempt)

    def look(self, stream: UUID, stated: LookInto) -> Contents:
        """Return what one record that waits says, and record who looked, and why. Its personal part stays sealed."""
        may_be_public([stated.reason], "reason")
        with self.engine.begin() as transaction:
            connection = raw(transaction)
            if not parking.reasons(connection, self.reader, [stream]):
                raise Refused(rules.UNKNOWN_PARKED)
            contents = parked_streams.contents(connection, self.reader, stream, stated.version)
            if contents is None:
                raise Refused(rules.UNKNOWN_WAITING, field="version")
            self._note(connection, Act.LOOK, stated.officer, stated.reason, stream, contents.version)
        return contents

    def _first(self, connection: psycopg.Connection, stream: UUID) -> int:
        if not parking.reasons(connection, self.reader, [stream]):
            raise Refused(rules.UNKNOWN_PARKED)
        version = skipping.first_waiting(connection, self.reader, stream)
        if version is None:
            raise Refused(rules.FIRST_NOT_HERE)
        return version

    def _ask_skip(self, connection: psycopg.Connection, stream: UUID, version: int, stated: AskSkip) -> None:
        if not parked_requests.ask(
            connection, self.reader, stream, version, Wanted.SKIP, stated.reason, stated.officer
        ):
            raise Refused(rules.SKIP_ASKED)
        self._note(connection, Act.SKIP_ASKED, stated.officer, stated.reason, stream, version)

    def _consent(self, connection: psycopg.Connection, stream: UUID, version: int, officer: str) -> None:
        found = self._skip_asked(connection, stream, version)
        if found.asked_by.casefold() == officer.casefold():
            raise Refused(rules.SAME_PERSON)
        parked_requests.consent(connection, self.reader, stream, officer)
        self._note(connection, Act.SKIP_CONSENTED, officer, found.reason, stream, version)

    def _refuse(self, connection: psycopg.Connection, stream: UUID, version: int, stated: RefuseSkip) -> None:
        found = self._skip_asked(connection, stream, version)
        own = found.asked_by.casefold() == stated.officer.casefold()
        parked_requests.close(connection, self.reader, stream)
        act = Act.SKIP_WITHDRAWN if own else Act.SKIP_REFUSED
        self._note(connection, act, stated.officer, stated.reason, stream, version)

    def _skip_asked(self, connection: psycopg.Connection, stream: UUID, version: int) -> Request:
        found = parked_requests.open_request(connection, self.reader, stream, lock=True)
        if found is None or found.kind != Wanted.SKIP or found.version != version:
            raise Refused(rules.NO_SKIP_ASKED)
        if found.consented_by is not None:
            raise Refused(rules.ALREADY_CONSENTED)
        return found

    def _ask_repair(self, connection: psycopg.Connection, stream: UUID, version: int, stated: AskRepair) -> None:
        waiting = parked_streams.waiting_records(connection, self.reader, stream)
        if self.reader != "intake" or waiting is None or waiting[1][0].type not in DECISIONS:
            raise Refused(rules.NO_DECISION)
        found = parked_requests.open_request(connection, self.reader, stream, lock=True)
        if found is not None:
            raise Refused(rules.SKIP_ASKED if found.kind == Wanted.SKIP else rules.REPAIR_ASKED)
        parked_requests.ask(connection, self.reader, stream, version, Wanted.REPAIR, stated.reason, stated.officer)
        self._tell_the_bureau(connection, stream, version, waiting[1][0].type, waiting[0].detail, stated)
        self._note(connection, Act.REPAIR_ASKED, stated.officer, stated.reason, stream, version)

    def _tell_the_bureau(
        self, connection: psycopg.Connection, permit: UUID, version: int, kind: str, fault: str, stated: AskRepair
    ) -> None:
        about = correction_stream(permit, version)
        if connection.execute("SELECT FROM streams WHERE stream = %s", (about,)).fetchone():
            return  # the bureau has its task about this version; only the waiting for it begins anew
        now = self.clock()
        said = CorrectionRequested(
            permit=permit, permit_version=version, type=kind, fault=fault, reason=stated.reason,
            requested_by=stated.officer, requested_on=china_day(now),
        )  # fmt: skip
        name, schema, data = encode(said)
        store.append(connection, "supervision", [NewEvent(about, 1, name, schema, now, data)])

    def _note(
        self, connection: psycopg.Connection, act: Act, by: str, reason: str, stream: UUID | None, version: int | None
    ) -> None:
        parked_acts.note(connection, self.reader, act, by, reason, stream=stream, version=version)
