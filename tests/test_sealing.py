"""Personal facts: sealed under a key of each party, nowhere in the clear, and gone for ever when the key is."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events import ledger, sealing
from events.database import connect, raw
from events.sealing import Unreadable
from services.approval.decision import Decision, Kind
from services.approval.outcome import Submission
from services.approval.parties import subject_keys
from tests.invented import MARKET_BUREAU, decision, duty, party
from tests.linkage import MASTER, Linkage

KEY, OTHER = sealing.new_key(), sealing.new_key()
SUBJECT, SOMEBODY_ELSE = UUID(int=1), UUID(int=2)
FACTS = {"name": "某某", "other_ids": {"工商注册号": "1"}}

# Markers that stand nowhere else: whatever of them is found in a database was written there in the clear.
NAME, NUMBER, BOSS, BOSS_NUMBER, OLD_NUMBER = (
    "欧阳丙丁",
    "990102199001010015",
    "司徒戊己",
    "990102198001010017",
    "QT0099",
)
TEXTS = ("住所是庚辛巷七号", "热食由壬癸制售", "备注见子丑卷")
MARKERS = (NAME, NUMBER, BOSS, BOSS_NUMBER, OLD_NUMBER, *TEXTS)


def test_what_was_sealed_is_read_back_with_the_key() -> None:
    assert sealing.unseal(KEY, SUBJECT, sealing.seal(KEY, SUBJECT, FACTS)) == FACTS


def test_the_same_facts_sealed_twice_look_different() -> None:
    assert sealing.seal(KEY, SUBJECT, FACTS) != sealing.seal(KEY, SUBJECT, FACTS)


@pytest.mark.parametrize(
    ("key", "subject"),
    [(OTHER, SUBJECT), (KEY, SOMEBODY_ELSE), (b"", SUBJECT)],
    ids=["other key", "other subject", "no key"],
)
def test_another_key_or_another_subject_opens_nothing(key: bytes, subject: UUID) -> None:
    with pytest.raises(Unreadable):
        sealing.unseal(key, subject, sealing.seal(KEY, SUBJECT, FACTS))


@given(st.data())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_ciphertext_changed_anywhere_or_cut_anywhere_is_unreadable(data: st.DataObject) -> None:
    box = sealing.seal(KEY, SUBJECT, FACTS)
    place = data.draw(st.integers(0, len(box) - 1))
    changed = bytearray(box)
    changed[place] ^= data.draw(st.integers(1, 255))
    for broken in (bytes(changed), box[:place]):
        with pytest.raises(Unreadable):
            sealing.unseal(KEY, SUBJECT, broken)


def test_a_partys_key_opens_under_the_master_key_of_its_site_alone() -> None:
    wrapped = sealing.wrap(MASTER, SUBJECT, KEY)
    assert sealing.unwrap(MASTER, SUBJECT, wrapped) == KEY
    for master, subject, box in ((OTHER, SUBJECT, wrapped), (MASTER, SOMEBODY_ELSE, wrapped), (MASTER, SUBJECT, b"")):
        with pytest.raises(Unreadable):
            sealing.unwrap(master, subject, box)


def test_a_mark_tells_that_something_changed_and_only_to_who_has_the_key() -> None:
    assert sealing.mark(KEY, FACTS) == sealing.mark(KEY, dict(reversed(FACTS.items())))
    assert sealing.mark(KEY, FACTS) != sealing.mark(KEY, FACTS | {"name": "某甲"})
    assert sealing.mark(KEY, FACTS) != sealing.mark(OTHER, FACTS)


@pytest.mark.parametrize(("name", "masked"), [("某甲", "某*"), ("某某甲", "某**"), ("欧阳某", "欧阳*"), ("某", "某*")])
def test_a_natural_persons_name_is_masked(name: str, masked: str) -> None:
    assert sealing.mask_name(name) == masked


@pytest.mark.parametrize(("name", "masked"), [("海州某某小吃店", "海****店"), ("某店", "****")])
def test_a_small_business_is_masked_too_for_it_often_bears_its_owners_name(name: str, masked: str) -> None:
    assert sealing.mask_name(name, business=True) == masked


def telling(kind: Kind = Kind.GRANT, **changes: object) -> Decision:
    """A decision with a marker in every text that may hold one."""
    holder = party(
        kind="自然人",
        name=NAME,
        identifier=NUMBER,
        legal_representative=BOSS,
        representative_id=BOSS_NUMBER,
        other_ids={"其他": OLD_NUMBER},
    )
    stated = {
        "party": holder,
        "permit_number": f"号{NUMBER}",
        "document_name": f"关于准予{NAME}许可的决定",
        "document_number": f"海审批〔2026〕{OLD_NUMBER}号",
        "certificate_name": f"{BOSS}的许可证",
        "contact": f"{NAME} 电话",
        "place": TEXTS[0],
        "content": TEXTS[1],
        "remark": TEXTS[2],
        "reason": f"{NAME[:2]} {NAME[2:]}提供虚假材料",
        "legal_basis": f"{BOSS_NUMBER}号举报",
    }
    return decision(kind, **(stated | changes))


def in_the_clear(linkage: Linkage, markers: tuple[str, ...] = MARKERS) -> set[tuple[str, str, str]]:
    """Return (side, table, marker) wherever a marker stands in any column of any table, as text or as bytes."""
    found = set()
    for side in ("approval", "supervision"):
        for (table,) in linkage.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", side=side):
            content = "\n".join(row[0] for row in linkage.rows(f"SELECT t::text FROM {table} t", side=side))
            found |= {
                (side, table, marker) for marker in markers if marker in content or marker.encode().hex() in content
            }
    return found


def everything_happens(linkage: Linkage, stated: Decision) -> None:
    """Let a decision wait, be listed, amended, parked, ended and asked for by key, so that every table is touched."""
    linkage.desk.handle([Submission(stated, "窗口", "key"), Submission(stated, "窗口", "key 2")])
    linkage.number()
    linkage.apply()
    linkage.duties(duty())
    linkage.tend()
    linkage.publish(stated.model_copy(update={"kind": Kind.AMEND, "category": "特许"}))
    linkage.publish(stated.model_copy(update={"kind": Kind.REVOKE}))
    linkage.rows("UPDATE seen_versions SET version = 0 RETURNING 1")
    linkage.publish(stated.model_copy(update={"kind": Kind.CORRECT, "category": "认可"}))
    assert linkage.rows("SELECT count(*) FROM parked_records") == [(1,)]
    linkage.number_pushes()


@pytest.mark.parametrize(
    "holder",
    [
        {"kind": "自然人"},
        {"kind": "个体工商户", "identifier": "92990100MA00000017"},
        {"kind": "法人及非法人组织", "identifier": "92990100MA00000017"},
        {"kind": "法人及非法人组织"},
    ],
    ids=["a natural person", "a small business", "a small business entered as an organisation", "a person likewise"],
)
def test_nothing_personal_stands_in_any_table_of_either_side(linkage: Linkage, holder: dict[str, str]) -> None:
    held = party(**(dict(telling().party) | holder))
    everything_happens(linkage, telling(party=held, permit_number=f"号{held.identifier}"))
    assert in_the_clear(linkage, (*MARKERS, held.identifier)) == set()
    assert linkage.rows("SELECT count(*) FROM watch_list WHERE status = 'revoked'") == [(2,)]


def test_of_an_organisation_its_name_is_public_and_its_representative_is_not(linkage: Linkage) -> None:
    held = party(legal_representative=BOSS, representative_id=BOSS_NUMBER)
    everything_happens(linkage, telling(party=held, content=f"{BOSS}任法定代表人", permit_number="JY1"))
    assert in_the_clear(linkage, (BOSS, BOSS_NUMBER)) == set()
    assert {table for _, table, _ in in_the_clear(linkage, (held.name,))} >= {"ledger", "watch_list"}


def test_the_search_finds_what_somebody_wrote_in_the_clear_as_text_or_as_bytes(linkage: Linkage) -> None:
    with connect(linkage.supervision_url, application="test") as connection:
        connection.execute("INSERT INTO push_numbers VALUES (%s, 'x', 1)", (NAME,))
        connection.execute(
            "INSERT INTO parked_records VALUES ('p', gen_random_uuid(), 1, now(), '{}', %s)", (NUMBER.encode(),)
        )
    assert in_the_clear(linkage) == {("supervision", "push_numbers", NAME), ("supervision", "parked_records", NUMBER)}


def opened(linkage: Linkage) -> list[dict[str, object]]:
    """Return the personal part of each event of the approval ledger, by the keys that still exist."""
    rows = linkage.rows(
        "SELECT data::jsonb #>> '{facts,party,party_id}', personal FROM ledger ORDER BY position", side="approval"
    )
    with linkage.approval.begin() as transaction:
        keys = subject_keys(raw(transaction), MASTER, {UUID(row[0]) for row in rows})
    return [sealing.unseal(keys[UUID(row[0])], UUID(row[0]), row[1]) for row in rows if UUID(row[0]) in keys]


def test_an_ending_keeps_the_personal_facts_that_stand_and_adds_its_own_words(linkage: Linkage) -> None:
    linkage.publish(telling())
    linkage.publish(telling(Kind.REVOKE, content="别的内容", reason=f"{NAME}违法"))
    granted, revoked = opened(linkage)
    assert granted["content"] == revoked["content"] == TEXTS[1]
    assert revoked["reason"] == f"{NAME}违法"


def destroy_keys(linkage: Linkage) -> None:
    linkage.rows("UPDATE parties SET wrapped_key = NULL RETURNING 1", side="approval")


def test_a_destroyed_key_erases_the_facts_and_breaks_no_link_of_either_chain(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.publish(telling())
    linkage.number_pushes()
    assert opened(linkage)
    listed = linkage.rows("SELECT * FROM watch_list ORDER BY department")
    destroy_keys(linkage)
    assert opened(linkage) == []
    for url, source in ((linkage.approval_url, "approval"), (linkage.supervision_url, "supervision")):
        with connect(url, application="test") as connection:
            assert list(ledger.verify(connection, source)) == []
    assert linkage.rows("SELECT * FROM watch_list ORDER BY department") == listed


def test_nothing_more_is_recorded_under_an_erased_name_and_the_clerk_is_told_so(linkage: Linkage) -> None:
    linkage.duties(duty())
    (granted,) = linkage.publish(telling())
    destroy_keys(linkage)
    for stated in (telling(), telling(permit_number="JY9"), telling(Kind.REVOKE)):
        (outcome,) = linkage.submit(stated)
        assert (outcome.accepted, outcome.rule, outcome.field) == (False, "party_erased", "party")
        assert outcome.text
        assert outcome.repair
    assert linkage.listed(MARKET_BUREAU) == {granted.permit: "valid"}


def test_an_erased_party_holds_up_nobody_else_of_the_same_request_and_its_batch_is_still_taken_back(
    linkage: Linkage,
) -> None:
    (granted,) = linkage.submit(telling(batch=UUID(int=5)))
    destroy_keys(linkage)
    erased, other = linkage.submit(telling(), decision())
    assert (erased.rule, other.accepted) == ("party_erased", True)
    (taken_back,) = linkage.desk.retract_batch(UUID(int=5), "选错了文件")
    assert (taken_back.accepted, taken_back.permit) == (True, granted.permit)
