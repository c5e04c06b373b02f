"""Erasing a party: asked for by one person, consented to by another, and done again wherever an older copy of the keys
comes back.

What is destroyed is the party's key; with it nobody reads the sealed parts in ledger, topic, lists and backups, and no
link of a chain breaks. The register of done erasures is a file beside the master key, for it must outlive a database
that is restored as it was before.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import psycopg
import structlog
from psycopg.rows import class_row
from psycopg.types.json import Jsonb
from pydantic import ValidationError

from events import columns, store
from events.catalogue import encode
from events.envelope import NewEvent
from events.erasures import PartyErased, erasure_stream
from projections import erased
from services.access.audit import Act, Entry, Result, write
from services.approval.erased_copies import Copy, copies_of, drop_rows
from services.approval.outcome import SOURCE
from services.public_text import may_be_public
from services.refusing import Refused, Rule

log = structlog.get_logger()

UNKNOWN_PARTY = Rule("unknown_party", "没有这个行政相对人。", "请核对标识（许可详情中的 party_id）。")
ALREADY_ERASED = Rule(
    "already_erased", "该行政相对人的个人信息已经删除。", "不必再办；linkage erasures show 可查看记录。"
)
ALREADY_ASKED = Rule("already_asked", "已经有人申请删除，等候另一人同意。", "请由另一人办理 linkage erasures consent。")
NOT_ASKED = Rule("not_asked", "没有等候同意的删除申请。", "请先办理 linkage erasures ask。")
SAME_PERSON = Rule("same_person", "删除须由两个人决定，申请人不能自己同意。", "请由另一人办理。")


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was asked for, and what became of it."""

    party: UUID
    reason: str
    asked_by: str
    asked_at: datetime
    consented_by: str | None
    consented_at: datetime | None
    copies: Sequence[Mapping[str, Any]] | None


def erasures(connection: psycopg.Connection, party: UUID | None = None) -> list[Erasure]:
    """Return all of them, or that of one party; those asked for last first."""
    with connection.cursor(row_factory=class_row(Erasure)) as rows:
        rows.execute(
            """SELECT party, reason, asked_by, asked_at, consented_by, consented_at, copies FROM erasures
               WHERE %(party)s::uuid IS NULL OR party = %(party)s ORDER BY asked_at DESC""",
            {"party": party},
        )
        return rows.fetchall()


def ask(connection: psycopg.Connection, party: UUID, reason: str, by: str) -> None:
    """Ask that a party be erased. Raises ``Refused``."""
    may_be_public([reason], "reason")
    with connection.transaction():
        row = connection.execute("SELECT wrapped_key IS NULL FROM parties WHERE party = %s", (party,)).fetchone()
        if row is None:
            raise Refused(UNKNOWN_PARTY, field="party")
        if row[0]:
            raise Refused(ALREADY_ERASED, field="party")
        asked = connection.execute(
            "INSERT INTO erasures (party, reason, asked_by) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            (party, reason, by),
        )
        if not asked.rowcount:
            raise Refused(ALREADY_ASKED, field="party")
        _write_down(connection, "linkage erasures ask", party, by, reason)


def refuse(connection: psycopg.Connection, party: UUID, by: str) -> None:
    """Refuse what was asked for, or take one's own back."""
    with connection.transaction():
        gone = connection.execute("DELETE FROM erasures WHERE party = %s AND consented_by IS NULL", (party,))
        if not gone.rowcount:
            raise Refused(NOT_ASKED, field="party")
        _write_down(connection, "linkage erasures refuse", party, by, "", Result.REFUSED)


def consent(
    connection: psycopg.Connection, master: bytes, party: UUID, by: str, register: Path, through_kafka: bool
) -> list[Copy]:
    """Destroy a party's key, as the second person; return every copy that this reaches, and which it does not.

    ``connection`` is in autocommit. ``register``: the file of erasures, beside the master key.
    """
    with connection.transaction():
        asked = next(iter(erasures(connection, party)), None)
        if asked is None or asked.consented_by is not None:
            raise Refused(NOT_ASKED, field="party")
        if asked.asked_by.casefold() == by.casefold():
            raise Refused(SAME_PERSON, field="by")
        # Looked for while the key is there: afterwards nobody knows what to look for.
        copies = copies_of(connection, master, party, through_kafka)
        row = connection.execute(
            "UPDATE erasures SET consented_by = %s, consented_at = clock_timestamp(), copies = %s WHERE party = %s"
            " RETURNING consented_at",
            (by, Jsonb([asdict(one) for one in copies]), party),
        ).fetchone()
        assert row is not None
        said = PartyErased(
            party_id=party, reason=asked.reason, asked_by=asked.asked_by, asked_at=asked.asked_at, consented_by=by,
            consented_at=row[0],
        )  # fmt: skip
        drop_rows(connection, master, party)
        _carry_out(connection, said)
        _write_down(connection, "linkage erasures consent", party, by, asked.reason)
        # Within the transaction: what is erased and not in the register would come back with the next restored copy.
        _enter(register, said)
    # The row as it was, with its key, stands in the table's file until then.
    connection.execute("VACUUM parties")
    return copies


def erase_again(connection: psycopg.Connection, register: Path) -> int:
    """Destroy again what the register says was destroyed: after a restore, and at each start. Return how many parties
    came back and are erased again."""
    said = {one.party_id: one for one in _registered(register)}
    back = connection.execute(
        """SELECT party FROM parties WHERE party = ANY(%s) AND wrapped_key IS NOT NULL""", (columns.uuids(said),)
    ).fetchall()
    for (party,) in back:
        one = said[party]
        with connection.transaction():
            connection.execute(
                """INSERT INTO erasures (party, reason, asked_by, asked_at, consented_by, consented_at)
                   VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (party) DO UPDATE
                   SET consented_by = excluded.consented_by, consented_at = excluded.consented_at""",
                (party, one.reason, one.asked_by, one.asked_at, one.consented_by, one.consented_at),
            )
            _carry_out(connection, one)
            _write_down(connection, "erased again", party, one.consented_by, one.reason)
    return len(back)


def not_registered(connection: psycopg.Connection, register: Path) -> int:
    """Return how many that were erased the register does not know: it is gone, or an older copy."""
    row = connection.execute(
        "SELECT count(*) FROM erasures WHERE consented_at IS NOT NULL AND party <> ALL(%s)",
        (columns.uuids(one.party_id for one in _registered(register)),),
    ).fetchone()
    assert row is not None
    return int(row[0])


def hear_erased(connection: psycopg.Connection, said: PartyErased) -> None:
    """Destroy a key again whose destruction came back out of the log, in the caller's transaction."""
    connection.execute("UPDATE parties SET wrapped_key = NULL WHERE party = %s", (said.party_id,))
    erased.note(connection, [said.party_id], said.consented_at)


def _carry_out(connection: psycopg.Connection, said: PartyErased) -> None:
    hear_erased(connection, said)
    stream = erasure_stream(said.party_id)
    known = connection.execute("SELECT 1 FROM streams WHERE stream = %s", (stream,)).fetchone()
    if known is None:
        name, schema, data = encode(said)
        store.append(connection, SOURCE, [NewEvent(stream, 1, name, schema, said.consented_at, data)])


def _write_down(
    connection: psycopg.Connection, place: str, party: UUID, by: str, reason: str, result: Result = Result.DONE
) -> None:
    write(connection, Entry(Act.ERASED, by, place=place, objects=[f"party={party}"], reason=reason, result=result))


def _enter(register: Path, said: PartyErased) -> None:
    handle = os.open(register, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with open(handle, "ab") as file:
        # The first end of line is for whoever was killed in the middle of a line before.
        file.write(b"\n" + orjson.dumps(said.model_dump(mode="json")) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _registered(register: Path) -> list[PartyErased]:
    if not register.exists():
        return []
    said = []
    for line in filter(None, register.read_bytes().splitlines()):
        try:
            said.append(PartyErased.model_validate_json(line))
        except ValidationError:
            # Half written by a process that was killed: its transaction, which would have come next, never was.
            log.warning("erasure_register_line_unreadable")
    return said
