"""Register of bodies and mapping of matters: read from files, recorded as events, kept for look-up."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid5

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import Engine

from events import store
from events.approval import BodyRegistered, Level, MatterMapped
from events.catalogue import encode
from events.database import raw
from events.envelope import NAMESPACE, NewEvent
from services.approval.places import ANY, Places
from services.tables.faults import Fault
from services.tables.headed import Wrong, day, headed_rows, needed

SOURCE = "approval"
BODY, BODY_NAME, REGION, LEVEL, FROM, TO = "许可机关代码", "许可机关名称", "区划代码", "层级", "生效日期", "失效日期"
CERTIFICATE, DOCUMENT, CONTENT, MATTER = "证书名称", "决定文书名称", "许可内容", "事项编码"
BODY_HEADINGS = (BODY, BODY_NAME, REGION, LEVEL, FROM, TO)
MATTER_HEADINGS = (BODY, CERTIFICATE, DOCUMENT, CONTENT, MATTER, FROM, TO)

BAD_REGION = Fault("bad_region", "区划代码应为 6 位或 12 位数字。", "请按 GB/T 2260 填写。")
BAD_LEVEL = Fault("bad_level", "层级应为 省级、市级 或 县级。", "请改为其中之一。")
END_FIRST = Fault("end_before_start", "失效日期早于生效日期。", "请核对两个日期。")

Entry = BodyRegistered | MatterMapped


@dataclass(slots=True)
class PlaceFile:
    """What a file says: its entries, and (row, column, value, fault) of each row that cannot be taken."""

    entries: list[Entry] = field(default_factory=list)
    refused: list[tuple[int, str, str, Fault]] = field(default_factory=list)


def read_bodies(path: Path) -> PlaceFile:
    """Read a register of bodies (CSV or XLSX)."""
    return _read(path, BODY_HEADINGS, (BODY, BODY_NAME, REGION, LEVEL, FROM), _body)


def read_matters(path: Path) -> PlaceFile:
    """Read a mapping of matters (CSV or XLSX). An empty cell matches anything, as ``*`` does."""
    return _read(path, MATTER_HEADINGS, (MATTER, FROM), _matter)


def _read(path: Path, headings: tuple[str, ...], required: tuple[str, ...], make: object) -> PlaceFile:
    assert callable(make)
    found = PlaceFile()
    for number, said in headed_rows(path, headings, required):
        try:
            needed(said, *required)
            entry = make(said)
            if entry.valid_to is not None and entry.valid_to < entry.valid_from:
                raise Wrong(TO, END_FIRST)
        except Wrong as wrong:
            found.refused.append((number, wrong.column, said[wrong.column], wrong.fault))
        else:
            found.entries.append(entry)
    return found


def _body(said: dict[str, str]) -> BodyRegistered:
    if not said[REGION].isdecimal() or len(said[REGION]) not in (6, 12):
        raise Wrong(REGION, BAD_REGION)
    if said[LEVEL] not in set(Level):
        raise Wrong(LEVEL, BAD_LEVEL)
    return BodyRegistered(
        body=said[BODY],
        name=said[BODY_NAME],
        region_code=said[REGION],
        level=Level(said[LEVEL]),
        valid_from=day(said, FROM),
        valid_to=day(said, TO) if said[TO] else None,
    )


def _matter(said: dict[str, str]) -> MatterMapped:
    return MatterMapped(
        body=said[BODY] or ANY,
        certificate_name=said[CERTIFICATE] or ANY,
        document_name=said[DOCUMENT] or ANY,
        content=said[CONTENT] or ANY,
        matter_code=said[MATTER],
        valid_from=day(said, FROM),
        valid_to=day(said, TO) if said[TO] else None,
    )


def entry_id(entry: Entry) -> UUID:
    """Return the identity of an entry: what it is about, and the day from which it holds."""
    if isinstance(entry, BodyRegistered):
        return uuid5(NAMESPACE, f"body/{entry.body}/{entry.valid_from}")
    said = f"{entry.body}/{entry.certificate_name}/{entry.document_name}/{entry.content}/{entry.matter_code}"
    return uuid5(NAMESPACE, f"matter/{said}/{entry.valid_from}")


def take_entries(engine: Engine, entries: Sequence[Entry], now: datetime) -> tuple[int, int]:
    """Record what is new or changed as events, and return how many that was and how many were known already."""
    with engine.begin() as transaction:
        connection = raw(transaction)
        known = {
            row[0]: (row[1], row[2])
            for row in connection.execute("SELECT entry, version, content FROM place_entries FOR UPDATE")
        }
        wanted = {entry_id(entry): entry for entry in entries}
        events, rows = [], []
        for entry_uuid, entry in sorted(wanted.items()):
            version, content = known.get(entry_uuid, (0, None))
            said = entry.model_dump(mode="json")
            if content == said:
                continue
            name, schema, data = encode(entry)
            events.append(NewEvent(entry_uuid, version + 1, name, schema, now, data))
            rows.append((entry_uuid, name, version + 1, Jsonb(said)))
        if events:
            store.append(connection, SOURCE, events)
            with connection.cursor() as cursor:
                cursor.executemany(
                    """INSERT INTO place_entries (entry, kind, version, content) VALUES (%s, %s, %s, %s)
                       ON CONFLICT (entry) DO UPDATE SET version = excluded.version, content = excluded.content""",
                    rows,
                )
    return len(events), len(wanted) - len(events)


def read_places(connection: psycopg.Connection) -> Places:
    """Return the register and the mapping as they stand."""
    rows = connection.execute("SELECT kind, content FROM place_entries").fetchall()
    return Places.of(
        (BodyRegistered.model_validate(content) for kind, content in rows if kind == "body_registered"),
        (MatterMapped.model_validate(content) for kind, content in rows if kind == "matter_mapped"),
    )


def registered(connection: psycopg.Connection, codes: Collection[str]) -> frozenset[str]:
    """Return those of ``codes`` that the register of bodies knows, whatever their days."""
    rows = connection.execute(
        """SELECT DISTINCT content->>'body' FROM place_entries
           WHERE kind = 'body_registered' AND content->>'body' = ANY(%s)""",
        (list(codes),),
    )
    return frozenset(row[0] for row in rows)
