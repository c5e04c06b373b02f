"""A party is erased by two people: nothing opens any more, every copy is named, and no older key comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir
from uuid import UUID

import psycopg
import pytest

from events import ledger
from events.database import connect
from projections.erased import LABEL
from projections.list_comparison import compare_lists
from services.approval import waiting_rows
from services.approval.erased_copies import Copy, State, opens
from services.approval.erasing import ask, consent, erase_again, erasures, refuse
from services.approval.waiting_rows import WaitingRow
from services.refusing import Refused
from tests.invented import MARKET_BUREAU, decision, duty, party
from tests.linkage import MASTER, Linkage
from tests.nobody_named import named_in

NAME, NUMBER = "欧阳" + "丙丁", "990102" + "199001010015"
WHY = "许可已注销满五年，当事人书面申请"


@pytest.fixture
def approval(linkage: Linkage) -> Iterator[psycopg.Connection]:
    linkage.duties(duty())
    named = party(kind="自然人", name=NAME, identifier=NUMBER, identifier_kind="身份证")
    linkage.publish(decision(party=named), decision(permit_number="N2", party=party(name="某" + "某餐饮有限公司")))
    linkage.number_pushes()
    with connect(linkage.approval_url, application="test") as connection:
        yield connection


@pytest.fixture
def register(tmp_path: Path) -> Path:
    return tmp_path / "erasures.jsonl"


def person(connection: psycopg.Connection) -> UUID:
    row = connection.execute("SELECT party FROM parties WHERE kind = '自然人'").fetchone()
    assert row is not None
    return UUID(str(row[0]))


def erase(connection: psycopg.Connection, register: Path) -> list[Copy]:
    ask(connection, person(connection), WHY, "9001")
    return consent(connection, MASTER, person(connection), "9002", register, through_kafka=True)


def test_one_person_alone_erases_nobody(approval: psycopg.Connection, register: Path) -> None:
    one = person(approval)
    ask(approval, one, WHY, "9001")
    for by in ("9001", "9001".lower()):
        with pytest.raises(Refused, match="same_person"):
            consent(approval, MASTER, one, by, register, through_kafka=False)
    with pytest.raises(psycopg.errors.CheckViolation):  # also when somebody comes past the command
        approval.execute("UPDATE erasures SET consented_by = asked_by")
    assert opens(approval, MASTER, one) == 1
    refuse(approval, one, "9002")
    assert erasures(approval) == []
    with pytest.raises(Refused, match="holds_identity_number"):
        ask(approval, one, f"{NUMBER} 申请", "9001")


def test_after_an_erasure_nothing_opens_lists_say_so_both_chains_hold_and_lists_fold_to_the_same(
    approval: psycopg.Connection, register: Path, linkage: Linkage
) -> None:
    one = person(approval)
    assert opens(approval, MASTER, one) == 1
    erase(approval, register)
    assert opens(approval, MASTER, one) == 0
    linkage.number()
    linkage.apply()
    labels = dict(linkage.rows("SELECT party, party_label FROM watch_list WHERE department = %s", MARKET_BUREAU))
    assert labels.pop(one) == LABEL
    assert LABEL not in labels.values()
    for url, source in ((linkage.approval_url, "approval"), (linkage.supervision_url, "supervision")):
        with connect(url, application="test") as connection:
            assert list(ledger.verify(connection, source)) == []
    with connect(linkage.supervision_url, application="test") as connection:
        assert compare_lists(connection, "supervision").clean
        # Control: a list that is folded without what was erased brings the mask back, and the comparison sees it.
        connection.execute("DELETE FROM erased_parties")
        assert not compare_lists(connection, "supervision").clean


def kept_copies(connection: psycopg.Connection, answer: str) -> None:
    """Copies of what a clerk wrote that the party's key does not seal: rows that wait, an answer, an upload."""
    row = WaitingRow(UUID(int=7), UUID(int=8), 3, "unclear", (), "审改办", False, False, {"XK_XDR_MC": NAME})
    waiting_rows.keep(connection, MASTER, [row])
    connection.execute(
        "INSERT INTO answers (caller, key, request, answer) VALUES ('k-1', '1', '', %s)",
        (json.dumps({"said": answer}),),
    )


def test_every_copy_is_named_with_what_becomes_of_it_and_one_in_the_clear_is_found_by_what_it_says(
    approval: psycopg.Connection, register: Path
) -> None:
    kept_copies(approval, f"{NAME} 已受理")
    folder = Path(gettempdir()) / "linkage-refused-rows"
    folder.mkdir(exist_ok=True)
    left, other = folder / "refused-test-erasing.csv", folder / "refused-test-other.csv"
    left.write_text(f"行,{NUMBER}\n", encoding="utf-8")
    other.write_text("行,91990100MA00000017\n", encoding="utf-8")
    try:
        copies = erase(approval, register)
    finally:
        left.unlink()
        other.unlink()
    told = {one.what: (one.state, one.count) for one in copies}
    assert told["审批侧台账中的密封内容"] == (State.UNREADABLE, 1)
    assert told["待判定行"] == (State.REMOVED, 1)
    assert told["报送答复（幂等键）"] == (State.CLEAR, 1)
    assert told[f"文件 {left}"] == (State.CLEAR, 1)
    assert f"文件 {other}" not in told
    assert {one.what for one in copies if one.state is State.CLEAR and one.until == ""} == set()
    assert any("备份" in one for one in told)
    assert any("报送命令主题" in one for one in told)
    assert approval.execute("SELECT count(*) FROM waiting_rows").fetchone() == (0,)
    recorded = erasures(approval)[0]
    assert recorded.copies is not None
    assert len(recorded.copies) == len(copies)
    assert named_in(json.dumps(recorded.copies, ensure_ascii=False)) == []


def test_nothing_is_found_in_the_clear_where_nothing_is(approval: psycopg.Connection, register: Path) -> None:
    kept_copies(approval, "已受理")
    assert [one.what for one in erase(approval, register) if one.count and one.state is State.CLEAR] == []


def test_a_restored_copy_of_the_keys_is_erased_again_also_when_the_event_was_lost_with_it(
    approval: psycopg.Connection, register: Path, linkage: Linkage
) -> None:
    one = person(approval)
    before = approval.execute("SELECT wrapped_key FROM parties WHERE party = %s", (one,)).fetchone()
    assert before is not None
    erase(approval, register)
    linkage.number()
    # As a backup from before brings it back: the key, and no trace that it was ever destroyed.
    approval.execute("UPDATE parties SET wrapped_key = %s WHERE party = %s", (before[0], one))
    for table in ("erasures", "erased_parties"):
        approval.execute(f"DELETE FROM {table}".encode())
    assert opens(approval, MASTER, one) == 1  # control: a restore that forgets the register has undone the erasure
    with open(register, "ab") as file:
        file.write(b'\n{"party_id": "half a line of a process that was killed')
    assert erase_again(approval, register) == 1
    assert opens(approval, MASTER, one) == 0
    assert [(found.party, found.consented_by) for found in erasures(approval)] == [(one, "9002")]
    assert erase_again(approval, register) == 0
    assert erase_again(approval, register.with_name("none")) == 0
    with connect(linkage.approval_url, application="test") as connection:
        assert list(ledger.verify(connection, "approval")) == []


def test_an_erasure_is_one_event_and_stands_in_the_audit_trail_without_the_name(
    approval: psycopg.Connection, register: Path, linkage: Linkage
) -> None:
    one = person(approval)
    erase(approval, register)
    linkage.number()
    events = approval.execute("SELECT data FROM ledger WHERE type = 'party_erased'").fetchall()
    assert len(events) == 1
    trail = approval.execute("SELECT place, caller, objects, reason FROM audit WHERE act = 'erased' ORDER BY id")
    assert [tuple(row) for row in trail] == [
        ("linkage erasures ask", "9001", [f"party={one}"], WHY),
        ("linkage erasures consent", "9002", [f"party={one}"], WHY),
    ]
    assert named_in(events[0][0] + register.read_text()) == []
