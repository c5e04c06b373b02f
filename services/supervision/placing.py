"""Where does a permit stand now? Its lead, its co-departments, and the push that put it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

import psycopg

from events import columns
from events.supervision import Role


class Placement(NamedTuple):
    """``pinned``: placed by a ruling or the coordinator; the duty list does not move it."""

    lead: str
    co_departments: tuple[str, ...]
    push_version: int
    pinned: bool = False

    @property
    def departments(self) -> Mapping[str, Role]:
        return roles(self.lead, self.co_departments)


@lru_cache(maxsize=10_000)
def roles(lead: str, co_departments: tuple[str, ...]) -> Mapping[str, Role]:
    """Return what each department is to the permit, the lead first. There are few different answers: they are kept."""
    return MappingProxyType({lead: Role.LEAD} | {code: Role.CO for code in co_departments if code != lead})


def read_placements(connection: psycopg.Connection, streams: Sequence[UUID]) -> dict[UUID, Placement]:
    """Return where each of ``streams`` stands that stands anywhere."""
    rows = connection.execute(
        "SELECT permit, lead, co_departments, push_version, pinned FROM placements WHERE permit = ANY(%s)",
        (columns.uuids(streams),),
    )
    return {permit: Placement(lead, tuple(others), version, pinned) for permit, lead, others, version, pinned in rows}


def write_placements(connection: psycopg.Connection, placements: Mapping[UUID, Placement]) -> None:
    streams = sorted(placements, key=lambda stream: stream.int)
    connection.execute(
        """INSERT INTO placements (permit, lead, co_departments, push_version, pinned)
           SELECT p, l, string_to_array(c, ','), v, x
           FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::integer[], %s::boolean[]) AS t (p, l, c, v, x)
           ON CONFLICT (permit) DO UPDATE SET lead = excluded.lead, co_departments = excluded.co_departments,
               push_version = excluded.push_version, pinned = excluded.pinned""",
        (
            columns.uuids(streams),
            columns.texts(placements[s].lead for s in streams),
            columns.texts(",".join(placements[s].co_departments) for s in streams),
            columns.integers(placements[s].push_version for s in streams),
            columns.booleans(placements[s].pinned for s in streams),
        ),
    )
