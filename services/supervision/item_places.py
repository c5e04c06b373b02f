"""Where the permits of open items are, and what departments have become, as the supervision side knows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from uuid import UUID

import psycopg

from events import columns
from services.deadlines import Item
from services.holding import Place
from services.supervision.code_mapping import CodeMappings
from services.supervision.code_register import read_mappings


class ItemPlaces:
    def places(self, connection: psycopg.Connection, items: Iterable[Item]) -> Mapping[UUID, Place]:
        about = {item.id: item.about for item in items if item.about}
        permits = columns.uuids(set(about.values()))
        rows = connection.execute(
            """SELECT p.permit, w.region_code, w.level FROM placements p
               JOIN watch_list w ON w.department = p.lead AND w.permit = p.permit WHERE p.permit = ANY(%s)
               UNION ALL SELECT permit, region_code, level FROM exceptions WHERE permit = ANY(%s)""",
            (permits, permits),
        ).fetchall()
        known = {permit: Place(region, level) for permit, region, level in rows}
        return {item: known[permit] for item, permit in about.items() if permit in known}

    def became(self, connection: psycopg.Connection) -> Callable[[str, str, date], str]:
        mappings = CodeMappings.of(read_mappings(connection))

        def department(code: str, region: str, day: date) -> str:
            return mappings.department(code, region or "000000", day)

        return department
