"""Where a department signs a handover list: the signature and the rows it returns, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Connection

from events import store
from events.catalogue import encode
from events.database import raw
from events.envelope import NewEvent
from events.handovers import HandoverListSigned
from projections import handovers
from services.access.rows import decide_on_all
from services.handing_in import Asker
from services.handled_once import handled_once
from services.refusing import Refused
from services.supervision import handover
from services.supervision.handover import Row, SignHandover
from services.supervision.handover_signing import sign_first_rows
from services.supervision.overseeing import OversightDesk
from services.supervision.oversight import decide
from services.supervision.oversight_commands import Return
from services.supervision.oversight_work import SOURCE, Work, load


class HandoverDesk:
    """Signs lists against one supervision database; what is returned is decided as every return is."""

    def __init__(self, oversight: OversightDesk) -> None:
        self.oversight = oversight

    def sign(self, department: str, listed: UUID, stated: SignHandover, by: Asker = Asker()) -> dict[str, Any]:
        """Record the signature and answer with what it took over, or raise ``Refused`` with nothing recorded."""

        def attempt(transaction: Connection) -> dict[str, Any]:
            return self._attempt(raw(transaction), department, listed, stated)

        name = (by.caller, f"handover/{by.key}" if by.key else "")
        asked = {"list": str(listed), "department": department, "stated": stated.model_dump(mode="json")}
        return handled_once(self.oversight.engine, name, asked, attempt)

    def _attempt(
        self, connection: psycopg.Connection, department: str, listed: UUID, stated: SignHandover
    ) -> dict[str, Any]:
        found = handovers.read(connection, listed, lock=True)
        said = handover.sign(found, department, stated, _rows(connection, listed))
        assert found is not None
        decide_on_all(connection)
        work = load(connection, [one.permit for one in said.returned])
        self._return(connection, work, said)
        kind, schema, data = encode(said)
        version = found.version + 1
        now = self.oversight.clock()
        at = store.append(connection, SOURCE, [NewEvent(listed, version, kind, schema, now, data)])
        handovers.write(connection, listed, version, said, at)
        connection.execute(
            "UPDATE handover_rows SET waits = true WHERE list = %s AND NOT withdrawn AND permit <> ALL(%s)",
            (listed, [one.permit for one in said.returned]),
        )
        sign_first_rows(connection, work, listed)
        work.record(connection)
        signed = handovers.read(connection, listed)
        assert signed is not None
        return signed.as_json()

    def _return(self, connection: psycopg.Connection, work: Work, said: HandoverListSigned) -> None:
        """Let each row that is not taken over be returned as any push is: what forbids it forbids the signature."""
        ground = self.oversight.ground(connection)
        for number, one in enumerate(said.returned):
            state = work.states[one.permit]
            command = Return(
                push_version=one.push_version, officer=said.officer, reason=one.reason, text=one.text,
                candidate=one.candidate,
            )  # fmt: skip
            try:
                events = decide(state, said.department, command, ground.situation(state))
            except Refused as refused:
                text = f"许可 {one.permit}: {refused.text}"
                field = f"exceptions.{number}" + (f".{refused.field}" if refused.field else "")
                raise Refused(refused.rule, text, field) from None
            for event in events:
                work.note(connection, one.permit, event)


def _rows(connection: psycopg.Connection, listed: UUID) -> Mapping[UUID, Row]:
    rows = connection.execute(
        """SELECT r.permit, r.push_version, r.withdrawn, coalesce(c.state NOT IN ('delivered', 'read'), true)
           FROM handover_rows r LEFT JOIN cases c
               ON c.permit = r.permit AND c.push_version = r.push_version AND c.department = r.department
           WHERE r.list = %s""",
        (listed,),
    )
    return {permit: Row(*rest) for permit, *rest in rows}
