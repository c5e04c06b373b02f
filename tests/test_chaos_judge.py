"""The judge of the fault tests is judged: each fault is planted in the databases of a small site, and must be named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from events import bookmark
from events.database import connect
from events.log.embedded import EmbeddedLog
from projections.projector import Projector
from services.approval.decision import Decision, Kind
from services.approval.reactions import reactions as hear_supervision
from tests.chaos.history import History
from tests.chaos.judge import Finding, judge
from tests.invented import HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage

PERMITS = ("a", "b", "c", "d")


@pytest.fixture
def history(tmp_path: Path, linkage: Linkage) -> Iterator[History]:
    """A small site at rest: four permits, each granted, amended and moved to another department."""
    linkage.duties(duty(), duty(region_code="990103", lead=HEALTH_BUREAU, co_departments=()))
    with closing(History(tmp_path / "history.jsonl")) as kept:
        for number, (kind, changes) in enumerate(
            [(Kind.GRANT, {}), (Kind.AMEND, {"content": "准予从事其他经营"}), (Kind.AMEND, {"region_code": "990103"})],
            1,
        ):
            stated = {f"{name}.{number}": _stated(name, number, kind, changes) for name in PERMITS}
            kept.hand_in(stated)
            for mark, outcome in zip(stated, linkage.publish(*stated.values()), strict=True):
                kept.note(mark, outcome.answer())
        linkage.number_pushes()
        _tell(linkage)
        yield kept


def _stated(permit: str, number: int, kind: Kind, changes: dict[str, str]) -> Decision:
    return decision(kind, permit_number=permit, reason=f"{permit}.{number}", **changes)


def _tell(linkage: Linkage) -> None:
    with (
        closing(EmbeddedLog(linkage.supervision_url, "supervision")) as log,
        connect(linkage.approval_url, application="test") as connection,
    ):
        lease = bookmark.take(connection, "told", log.identity(), log.beginning(), "test")
        Projector(linkage.approval, hear_supervision(linkage.now), lease).receive(log.read(lease.cursors, 1000))


def _judged(linkage: Linkage, history: History) -> list[Finding]:
    saw: list[int] = [row[0] for row in linkage.rows(PUSHES)]
    with (
        connect(linkage.approval_url, application="judge") as approval,
        connect(linkage.supervision_url, application="judge") as supervision,
    ):
        return judge(history, approval, supervision, {HEALTH_BUREAU: (saw, [])})


PUSHES = "SELECT position FROM ledger WHERE type = 'push_made' ORDER BY position"


def test_of_a_site_at_rest_nothing_is_found(linkage: Linkage, history: History) -> None:
    assert _judged(linkage, history) == []
    assert len(history.acknowledged) == 12


Plant = Callable[[Linkage, History], str]
"""Plants a fault and returns a word that must be in the sentence that names it."""


def _in(linkage: Linkage, side: str, statement: str, *values: object) -> None:
    url = linkage.approval_url if side == "approval" else linkage.supervision_url
    with connect(url, application="vandal") as connection:
        changed = connection.execute(statement.encode(), values).rowcount
    assert changed, "nothing was planted"


def _acknowledged_that_never_was(linkage: Linkage, history: History) -> str:
    known = history.acknowledged["b.3"]
    history.hand_in(["b.4"])
    history.acknowledged["b.4"] = replace(known, mark="b.4", version=4)
    return "b.4"


def _acknowledged_under_another_event(linkage: Linkage, history: History) -> str:
    history.acknowledged["b.2"] = replace(history.acknowledged["b.2"], event=history.acknowledged["a.2"].event)
    return "b.2"


def _recorded_by_nobody(linkage: Linkage, history: History) -> str:
    history.handed_in.discard("c.2")
    del history.acknowledged["c.2"]
    return "c.2"


def _recorded_twice(linkage: Linkage, history: History) -> str:
    of = history.acknowledged["a.3"].permit
    _in(linkage, "approval", "UPDATE ledger SET data = replace(data, 'a.2', 'a.3') WHERE stream = %s", of)
    return "a.3 is recorded 2 times"


def _refused_without_a_reason(linkage: Linkage, history: History) -> str:
    history.hand_in(["d.4"])
    history.note("d.4", {"accepted": False, "rule": "already_granted"})
    return "d.4"


def _decisions_change_places(linkage: Linkage, history: History) -> str:
    of = history.acknowledged["a.3"].permit
    for number, other in ((2, "later"), (3, "a.2"), ("later", "a.3")):
        old = f"a.{number}" if isinstance(number, int) else number
        _in(linkage, "approval", "UPDATE ledger SET data = replace(data, %s, %s) WHERE stream = %s", old, other, of)
    return "a.2 stands behind a.3"


def _ledger_row_dropped(linkage: Linkage, history: History) -> str:
    known = history.acknowledged["c.2"]
    _in(linkage, "approval", "DELETE FROM ledger WHERE stream = %s AND version = 2", known.permit)
    return "c.2"


def _push_deleted(linkage: Linkage, history: History) -> str:
    event = history.acknowledged["b.1"].event
    _in(linkage, "supervision", "DELETE FROM ledger WHERE causation = %s", event)
    return str(event)


def _push_doubled(linkage: Linkage, history: History) -> str:
    event = history.acknowledged["d.3"].event
    _in(
        linkage,
        "supervision",
        """INSERT INTO ledger SELECT (SELECT max(position) + 1 FROM ledger), partition, lane, stream, version + 1, type,
               schema, occurred_at, recorded_at, data, personal, correlation, causation, digest, hash
           FROM ledger WHERE causation = %s""",
        event,
    )
    return f"{event}, was pushed 2 times"


def _pushes_change_places(linkage: Linkage, history: History) -> str:
    of = history.acknowledged["a.1"].permit
    for old, new in ((1, 9), (2, 1), (9, 2)):
        _in(linkage, "supervision", "UPDATE ledger SET version = %s WHERE stream = %s AND version = %s", new, of, old)
    return str(of)


def _push_number_skipped(linkage: Linkage, history: History) -> str:
    _in(linkage, "supervision", "UPDATE push_numbers SET last = last + 1 WHERE department = %s", MARKET_BUREAU)
    return MARKET_BUREAU


def _list_rows_swapped(linkage: Linkage, history: History) -> str:
    a, b = (history.acknowledged[f"{name}.1"].permit for name in "ab")
    _in(
        linkage,
        "supervision",
        """UPDATE watch_list w SET permit_number = o.permit_number, push_number = o.push_number FROM watch_list o
           WHERE w.department = o.department AND w.permit <> o.permit AND w.permit = ANY(%s) AND o.permit = ANY(%s)""",
        [a, b],
        [a, b],
    )
    return f"2 rows of {HEALTH_BUREAU}"


def _list_row_left_standing(linkage: Linkage, history: History) -> str:
    _in(
        linkage,
        "supervision",
        "UPDATE watch_list SET department = %s WHERE permit = %s",
        MARKET_BUREAU,
        history.acknowledged["c.1"].permit,
    )
    return MARKET_BUREAU


def _bureau_told_twice(linkage: Linkage, history: History) -> str:
    permit = history.acknowledged["b.2"].permit
    _in(
        linkage,
        "approval",
        """INSERT INTO told SELECT permit, permit_version, push_version + 10, department, role, push_number, told_at,
               deciding_body FROM told WHERE permit = %s AND permit_version = 2""",
        permit,
    )
    return str(permit)


def _data_altered(linkage: Linkage, history: History) -> str:
    _in(linkage, "approval", "UPDATE ledger SET data = replace(data, '热食', '冷食') WHERE position = 1")
    return "approval: digest at 1"


def _event_forgotten_in_the_outbox(linkage: Linkage, history: History) -> str:
    linkage.submit(_stated("e", 1, Kind.GRANT, {}))
    history.hand_in(["e.1"])
    return "outbox"


def _canary_that_never_came_back(linkage: Linkage, history: History) -> str:
    _in(linkage, "approval", "INSERT INTO canaries (canary, sent_at) VALUES (7, now())")
    return "canary 7"


@pytest.mark.parametrize(
    ("kind", "plant"),
    [
        ("lost", _acknowledged_that_never_was),
        ("lost", _acknowledged_under_another_event),
        ("lost", _ledger_row_dropped),
        ("gap", _ledger_row_dropped),
        ("chain", _ledger_row_dropped),
        ("invented", _recorded_by_nobody),
        ("decided_twice", _recorded_twice),
        ("refused", _refused_without_a_reason),
        ("order", _decisions_change_places),
        ("not_pushed", _push_deleted),
        ("pushed_twice", _push_doubled),
        ("push_order", _pushes_change_places),
        ("push_number", _push_number_skipped),
        ("list", _list_rows_swapped),
        ("list", _list_row_left_standing),
        ("told", _bureau_told_twice),
        ("chain", _data_altered),
        ("waiting", _event_forgotten_in_the_outbox),
        ("canary", _canary_that_never_came_back),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__.strip("_"),
)
def test_a_planted_fault_is_named(linkage: Linkage, history: History, kind: str, plant: Plant) -> None:
    word = plant(linkage, history)
    named = [finding.what for finding in _judged(linkage, history) if finding.kind == kind]
    assert any(word in what for what in named) or (kind in ("gap", "chain") and named), named


def test_an_officer_who_missed_a_push_or_saw_one_twice_is_named(linkage: Linkage, history: History) -> None:
    saw = [row[0] for row in linkage.rows(PUSHES)]
    with (
        connect(linkage.approval_url, application="judge") as approval,
        connect(linkage.supervision_url, application="judge") as supervision,
    ):

        def found(seen: list[int], resets: list[tuple[int, int]]) -> list[str]:
            return [one.kind for one in judge(history, approval, supervision, {HEALTH_BUREAU: (seen, resets)})]

        assert found(saw, []) == []
        assert found(saw[:3] + saw[4:], []) == ["live"]
        assert found(saw[:3] + saw[4:], [(saw[2], saw[3])]) == [], "a reset told him to load the list anew"
        assert found([*saw, saw[-1]], []) == ["live"]
