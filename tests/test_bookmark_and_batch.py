"""How far a reader has come is committed with what it made of it: whoever is killed in between begins there again."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
import pytest

from events import bookmark
from events.bookmark import Lease
from events.database import connect
from tests.invented import decision, duty
from tests.linkage import Linkage
from tests.mortal_readers import supervision_ear

PERMITS = 12


def listed_after_a_death(linkage: Linkage) -> int:
    """Let a reader die before it commits its batch, and another go on; return how many permits are listed then."""
    linkage.duties(duty())
    linkage.submit(*(decision(permit_number=f"N{number}") for number in range(PERMITS)))
    linkage.number()
    supervision_ear(linkage).hear(1000, death="before")
    return len({permit for (permit,) in linkage.rows("SELECT permit FROM watch_list")})


def test_who_is_killed_within_a_batch_is_followed_by_one_who_applies_all_of_it(linkage: Linkage) -> None:
    assert listed_after_a_death(linkage) == PERMITS


def test_a_bookmark_that_is_committed_before_its_batch_loses_what_was_in_it(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    advance = bookmark.advance

    def in_a_transaction_of_its_own(
        _connection: psycopg.Connection, lease: Lease, cursors: Mapping[int, int], positions: Mapping[int, int]
    ) -> None:
        with connect(linkage.supervision_url, application="test") as own:
            advance(own, lease, cursors, positions)

    monkeypatch.setattr(bookmark, "advance", in_a_transaction_of_its_own)
    assert listed_after_a_death(linkage) < PERMITS
