"""What is sealed with an event, opened for one look: masked all of it, or one fact of it in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from events import sealing
from events.approval import Party, PartyKind
from events.masking import mask_fact
from services.problems import Problem

FIELD_WORDS: Mapping[str, str] = {
    "name": "姓名（名称）",
    "identifier": "证件号码",
    "legal_representative": "法定代表人",
    "representative_id": "法定代表人证件号码",
    "other_ids": "其他证件号码",
    "place": "地址",
    "contact": "联系方式",
    "content": "许可内容",
    "remark": "备注",
    "reason": "决定理由",
    "legal_basis": "依据",
    "permit_number": "许可编号",
    "certificate_name": "证书名称",
    "document_name": "文书名称",
    "document_number": "文书号",
    "category": "许可类别",
}
"""What can be sealed, in the order in which it is shown."""


@dataclass(frozen=True, slots=True)
class SealedFact:
    field: str
    words: str
    masked: str
    value: str

    def __repr__(self) -> str:
        return f"SealedFact({self.field}, {self.masked!r})"


def facts_in(party: Party, key: bytes | None, box: bytes | None) -> list[SealedFact]:
    """Return what is sealed in ``box`` under the party's ``key``; nothing of an erased party, whose key is gone."""
    if key is None or box is None:
        return []
    facts: Mapping[str, Any] = {}
    with suppress(sealing.Unreadable):  # sealed by an earlier key, it is lost
        facts = sealing.unseal(key, party.party_id, box)
    # What stands beside the sealed part anyway, as of an organisation, is no secret to be revealed.
    shown = {party.label, party.uscc}
    business = party.kind is PartyKind.INDIVIDUAL_BUSINESS
    found = []
    for field, words in FIELD_WORDS.items():
        value = _text(facts.get(field))
        if value and value not in shown:
            found.append(SealedFact(field, words, mask_fact(field, value, business=business), value))
    return found


def one_of(facts: Sequence[SealedFact], field: str) -> SealedFact:
    found = next((one for one in facts if one.field == field), None)
    if found is None:
        raise nothing_sealed()
    return found


def nothing_sealed() -> Problem:
    return Problem(
        404, "nothing_sealed", "没有这项信息", "该许可没有隐去这项信息，或者个人信息已依法删除。", "请返回核对。"
    )


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return "；".join(f"{kind} {number}" for kind, number in value.items())
    return str(value or "")
