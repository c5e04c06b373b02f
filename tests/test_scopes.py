"""Whatever rows there are and whoever asks: what the database shows is what a few lines of Python say may be seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st

from events.database import connect
from services.access.callers import Scope
from services.supervision.oversight_commands import Sign
from tests.invented import HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.penalties import impose
from tests.scope_trials import Trial

BODIES = (MARKET_BUREAU, HEALTH_BUREAU, "11990100MB0000103C", "11990100MB0000104E")
PERMITS = [UUID(int=number) for number in range(1, 4)]
PARTIES = [UUID(int=number) for number in range(11, 13)]
PENALTIES = [UUID(int=number) for number in range(21, 24)]
KEYS = {
    "placements": "permit",
    "watch_list": "permit, department",
    "cases": "permit, department",
    "penalties": "penalty, department",
}


@dataclass(frozen=True)
class Rows:
    """``placed``: who leads for a permit and who is with it; ``listed``: whose list has a permit, and of which party;
    ``pushed``: to whom a permit was pushed; ``imposed``: by whom a penalty was, and on which party."""

    placed: dict[UUID, tuple[str, frozenset[str]]]
    listed: dict[tuple[UUID, str], UUID]
    pushed: frozenset[tuple[UUID, str]]
    imposed: dict[UUID, tuple[str, UUID]]

    def seen_by(self, scope: Scope) -> dict[str, set[tuple[Any, ...]]]:
        """Return what ``scope`` may see: its own, all of a permit that it leads or is with, and penalties on those
        whose permit stands on its own list."""
        with_it = {permit for permit, (lead, others) in self.placed.items() if any(map(scope.covers, (lead, *others)))}
        watched = {party for (_, department), party in self.listed.items() if scope.covers(department)}
        return {
            "placements": {(permit,) for permit in with_it},
            "watch_list": {key for key in self.listed if scope.covers(key[1]) or key[0] in with_it},
            "cases": {key for key in self.pushed if scope.covers(key[1]) or key[0] in with_it},
            "penalties": {
                (penalty, department)
                for penalty, (department, party) in self.imposed.items()
                if scope.covers(department) or party in watched or scope.everybody
            },
        }

    def written(self) -> dict[str, list[dict[str, Any]]]:
        return {
            "placements": [{"permit": str(p), "lead": lead, "co_departments": sorted(others)}
                           for p, (lead, others) in self.placed.items()],
            "watch_list": [{"permit": str(p), "department": d, "party": str(party)}
                           for (p, d), party in self.listed.items()],
            "cases": [{"permit": str(p), "department": d} for p, d in self.pushed],
            "penalties": [{"penalty": str(p), "department": d, "party": str(party), "document_number": str(p)}
                          for p, (d, party) in self.imposed.items()],
        }  # fmt: skip


body = st.sampled_from(BODIES)
permit_and_body = st.tuples(st.sampled_from(PERMITS), body)
drawn_rows = st.builds(
    Rows,
    st.dictionaries(st.sampled_from(PERMITS), st.tuples(body, st.frozensets(body, max_size=2)), max_size=3),
    st.dictionaries(permit_and_body, st.sampled_from(PARTIES), max_size=5),
    st.frozensets(permit_and_body, max_size=5),
    st.dictionaries(st.sampled_from(PENALTIES), st.tuples(body, st.sampled_from(PARTIES)), max_size=3),
)


@pytest.fixture
def trial(linkage: Linkage) -> Iterator[Trial]:
    """Of a database that has one row of each table, to make others like it."""
    linkage.duties(duty())
    (granted,) = linkage.publish(decision())
    linkage.oversee(granted.permit, Sign(officer="0102"), MARKET_BUREAU)
    impose(linkage)
    assert linkage.supervision_web.dialect.name == "postgresql"
    with closing(connect(linkage.supervision_url, application="test")) as opened:
        opened.execute("".join(f"CREATE TEMP TABLE like_{table} AS SELECT * FROM {table} LIMIT 1;" for table in KEYS))
        yield Trial(KEYS, opened, linkage.supervision_web)


def test_what_a_scope_sees_is_what_the_model_says_whatever_rows_there_are(trial: Trial) -> None:
    trial.attack(drawn_rows, BODIES)


@pytest.mark.parametrize(
    ("table", "policy"),
    [
        ("cases", "true"),
        ("watch_list", "department = ANY(string_to_array(current_setting('linkage.scope', true), ','))"),
        ("penalties", "department LIKE left(current_setting('linkage.scope', true), 16) || '%'"),
    ],
    ids=("no wall", "a wall too many", "a wall by the first letters"),
)
def test_a_policy_that_says_otherwise_is_noticed(trial: Trial, table: str, policy: str) -> None:
    trial.owner.execute(f"ALTER POLICY scope ON {table} USING ({policy})".encode())
    with pytest.raises(AssertionError):
        trial.attack(drawn_rows, BODIES)
