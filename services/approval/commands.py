"""What does a record of the commands' topic ask for? A decision, a refusal that reaches its sender, or nobody knows."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from events.log.commands import Command
from services.approval.batch_signature import (
    SIGNATURE_RULES,
    BodyKeys,
    Demand,
    SignedItem,
    check,
    fits,
    key_named,
)
from services.approval.decision import Decision
from services.approval.outcome import refusal
from services.refusing import Refused, Rule
from services.stating import NOT_JSON, stated

DECISION_COMMAND = "decision_command"
MOST_BYTES = 256 * 1024
MOST_ID = 200

OTHER_BODY = Rule(
    "other_body", "决定中的许可机关不是报送单位。", "请核对许可机关代码; 各许可机关应以自己的代码 (ce_source) 报送。"
)
UNKNOWN_COMMAND = Rule("unknown_command", "不是可以受理的命令类型。", "请将消息头 ce_type 写作 decision_command。")
TOO_LARGE = Rule("too_large", "命令内容过大。", f"一条命令不能超过 {MOST_BYTES // 1024} KB, 请精简内容后重新报送。")
COMMAND_RULES = (OTHER_BODY, UNKNOWN_COMMAND, TOO_LARGE, *SIGNATURE_RULES)
SIGNATURE = "linkage_signature"
"""The header of a command that its bureau signed: what ``Linkage-Signature`` is over HTTP, over the one decision."""

_BUREAU = re.compile(r"[0-9A-Z]{18}")


@dataclass(frozen=True, slots=True)
class Asked:
    """A decision to be handled for ``bureau``, whose ``id`` makes a repeat get the first answer."""

    bureau: str
    id: str
    decision: Decision
    signed: SignedItem | None = None


@dataclass(frozen=True, slots=True)
class Misstated:
    """A command that asks for no decision. Its sender is known and gets ``answer``."""

    bureau: str
    id: str
    answer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Unanswerable:
    """A record that nobody can be answered about: ``code`` and ``reason``, for a person here."""

    code: str
    reason: str


NO_BUREAU = Unanswerable("no_bureau", "消息头 ce_source 不是 18 位的单位代码")
UNKNOWN_BUREAU = Unanswerable("unknown_bureau", "报送单位不在许可机关登记簿中")
NO_ID = Unanswerable("no_id", f"消息头 ce_id 缺失, 或不是 1 至 {MOST_ID} 个字符的编号")


def claimed_bureau(command: Command) -> str | None:
    """Return the code that a record names as its sender, when it has the form of one."""
    code = _text(command.headers.get("ce_source"))
    return code if _BUREAU.fullmatch(code) else None


def understand(command: Command, registered: Container[str]) -> Asked | Misstated | Unanswerable:
    """Return what ``command`` asks for. ``registered``: the codes of the bodies that may publish."""
    bureau = claimed_bureau(command)
    if bureau is None:
        return NO_BUREAU
    if bureau not in registered:
        return UNKNOWN_BUREAU
    name = _text(command.headers.get("ce_id"))
    if not (1 <= len(name) <= MOST_ID and name.isprintable()):
        return NO_ID
    if _text(command.headers.get("ce_type")) != DECISION_COMMAND:
        return Misstated(bureau, name, refusal(UNKNOWN_COMMAND, field="ce_type").told())
    if len(command.value) > MOST_BYTES:
        return Misstated(bureau, name, refusal(TOO_LARGE).told())
    try:
        decision = stated(Decision, orjson.loads(command.value))
    except orjson.JSONDecodeError:
        return Misstated(bureau, name, refusal(NOT_JSON).told())
    if isinstance(decision, dict):
        return Misstated(bureau, name, decision)
    if decision.deciding_body != bureau:
        return Misstated(bureau, name, refusal(OTHER_BODY, field="deciding_body").told())
    return Asked(bureau, name, decision)


def signed(asked: Asked, command: Command, keys: BodyKeys, demand: Demand, now: datetime) -> Asked | Misstated:
    """Return what is asked with the signature that it bears, or the answer to one that is wrong, or missing where it
    must be there: then its sender is not known to be the bureau that it names."""
    header, batch = command.headers.get(SIGNATURE), None
    try:
        if header is not None:
            batch = check(_text(header), [orjson.loads(command.value)], keys, now)
        fits(batch, [asked.bureau], keys.signing, demand)
    except Refused as refused:
        return Misstated(asked.bureau, asked.id, refusal(refused.rule, refused.text, refused.field).told())
    return replace(asked, signed=SignedItem(batch, 0)) if batch else asked


def named_key(command: Command) -> str | None:
    """Return the id of the key that a record says it is signed with."""
    try:
        return key_named(_text(command.headers.get(SIGNATURE)))
    except Refused:
        return None


def _text(header: bytes | None) -> str:
    """Return a header's text; nothing for one that is missing or is no text."""
    try:
        return (header or b"").decode()
    except UnicodeDecodeError:
        return ""
