"""On the approval side too: what the database shows a bureau is what a few lines of Python say that it may see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from events.database import connect
from services.access.callers import Scope
from services.access.policies import EVERYBODYS, MINE
from tests.invented import BODY, MARKET_BUREAU
from tests.linkage import Linkage
from tests.scope_trials import Trial
from tests.two_bureaus import OTHER

BODIES = (BODY, OTHER, "11990100MB0000009X")
PERMITS = [UUID(int=number) for number in range(1, 3)]
TASKS = [UUID(int=number) for number in range(11, 14)]
BATCH = UUID(int=21)
OF_CONSULTATIONS = ("consultation_opened", "opinion_given", "ruling_made")
KEYS = {
    "published": "permit, version",
    "batch_entries": "permit, version",
    "told": "permit, push_version",
    "told_steps": "permit, version",
    "tasks": "task",
}
NOON = "2026-11-24T04:00:00Z"
DAY = "2026-11-24"
LIKE: dict[str, dict[str, Any]] = {
    "published": {"type": "permit_granted", "party": str(UUID(int=31)), "recorded_at": NOON},
    "batch_entries": {"batch": str(BATCH)},
    "told": {"permit_version": 1, "department": MARKET_BUREAU, "role": "lead", "push_number": 1, "told_at": NOON},
    "told_steps": {"department": MARKET_BUREAU, "officer": "0102", "at": NOON},
    "tasks": {
        "version": 1, "kind": "penalty", "about": str(UUID(int=41)), "permit": str(PERMITS[0]), "state": "open",
        "department": MARKET_BUREAU, "review": False, "due": DAY, "due_estimated": False, "opened_on": DAY,
        "asked_on": DAY, "facts": {},
    },
}  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """``decided``: which bureau decided about a permit, by version; ``entered``: versions that came in a file;
    ``told``: whose decision a push told of; ``steps``: what a department did about a permit, and whom that asks;
    ``asked``: which bureau has a task."""

    decided: dict[tuple[UUID, int], str]
    entered: frozenset[tuple[UUID, int]]
    told: dict[tuple[UUID, int], str]
    steps: dict[tuple[UUID, int], tuple[str, frozenset[str]]]
    asked: dict[UUID, str]

    def seen_by(self, scope: Scope) -> dict[str, set[tuple[Any, ...]]]:
        """Return what ``scope`` may see: its own, all of a permit about which it decided once, and the steps of a
        consultation to which it is a party."""
        its = {permit for (permit, _), body in self.decided.items() if scope.covers(body)}
        party_to = {
            permit
            for (permit, _), (step, parties) in self.steps.items()
            if step == OF_CONSULTATIONS[0] and any(map(scope.covers, parties))
        }
        everybody = scope.everybody
        return {
            "published": {key for key in self.decided if key[0] in its},
            "batch_entries": {key for key in self.entered if everybody or (key in self.decided and key[0] in its)},
            "told": {key for key, body in self.told.items() if key[0] in its or scope.covers(body)},
            "told_steps": {
                key
                for key, (step, _) in self.steps.items()
                if everybody or key[0] in its or (step in OF_CONSULTATIONS and key[0] in party_to)
            },
            "tasks": {(task,) for task, body in self.asked.items() if scope.covers(body)},
        }

    def written(self) -> dict[str, list[dict[str, Any]]]:
        return {
            "published": [{"permit": str(p), "version": v, "body": body} for (p, v), body in self.decided.items()],
            "batch_entries": [{"permit": str(p), "version": v} for p, v in self.entered],
            "told": [{"permit": str(p), "push_version": v, "deciding_body": body}
                     for (p, v), body in self.told.items()],
            "told_steps": [{"permit": str(p), "version": v, "step": step, "said": {"parties": sorted(parties)}}
                           for (p, v), (step, parties) in self.steps.items()],
            "tasks": [{"task": str(task), "body": body} for task, body in self.asked.items()],
        }  # fmt: skip


body = st.sampled_from(BODIES)
version = st.tuples(st.sampled_from(PERMITS), st.integers(1, 3))
step = st.tuples(st.sampled_from((*OF_CONSULTATIONS, "push_signed", "push_handled")), st.frozensets(body, max_size=2))
drawn_rows = st.builds(
    Rows,
    st.dictionaries(version, body, max_size=4),
    st.frozensets(version, max_size=4),
    st.dictionaries(version, body, max_size=4),
    st.dictionaries(version, step, min_size=2, max_size=6),
    st.dictionaries(st.sampled_from(TASKS), body, max_size=3),
)


@pytest.fixture
def trial(linkage: Linkage) -> Iterator[Trial]:
    with closing(connect(linkage.approval_url, application="test")) as opened:
        for table, like in LIKE.items():
            opened.execute(f"CREATE TEMP TABLE like_{table} AS SELECT * FROM {table} LIMIT 0".encode())
            opened.execute(
                f"INSERT INTO like_{table} SELECT (jsonb_populate_record(NULL::{table}, %s)).*".encode(), (Jsonb(like),)
            )
        yield Trial(KEYS, opened, linkage.approval_web)


def test_what_a_bureau_sees_is_what_the_model_says_whatever_rows_there_are(trial: Trial) -> None:
    trial.attack(drawn_rows, BODIES)


@pytest.mark.parametrize(
    ("table", "policy"),
    [
        ("published", "true"),
        ("told", f"{EVERYBODYS} OR deciding_body = ANY({MINE}::text[])"),
        ("told_steps", f"{EVERYBODYS} OR linkage_decides(permit) OR linkage_consulted(permit)"),
        ("tasks", "body LIKE left(current_setting('linkage.scope', true), 16) || '%'"),
    ],
    ids=("no wall", "a wall too many", "a party sees every step", "a wall by the first letters"),
)
def test_a_policy_that_says_otherwise_is_noticed(trial: Trial, table: str, policy: str) -> None:
    trial.owner.execute(f"ALTER POLICY scope ON {table} USING ({policy})".encode())
    with pytest.raises(AssertionError):
        trial.attack(drawn_rows, BODIES, examples=200)  # it ends with the first that shows it
