"""A rule change and what may be said of it: published, corrected, withdrawn. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from events.approval import Said
from events.regions import outermost
from events.rule_changes import (
    BodyInScope,
    Document,
    Effect,
    OtherCode,
    RuleChangeCorrected,
    RuleChanged,
    RuleChangeWithdrawn,
    RuleSaid,
)
from services.public_text import HOLDS_IDENTITY_NUMBER, may_be_public
from services.refusing import Refused, Rule
from services.rule_wording import RULE_WITHDRAWN, UNKNOWN_RULE
from services.supervision.rule_stated import Correction, Publication, Withdrawal

NOTHING_TOUCHED = Rule(
    "nothing_touched", "没有填写涉及的事项, 也没有填写区划。", "请至少填写一项; 涉及全部事项的, 请填写适用的区划。"
)
NO_TEXT = Rule("no_text", "没有正文, 也没有可查阅的地址。", "请填写正文, 或填写查阅地址 (并附附件的 SHA-256)。")
NO_PLACE = Rule("attachment_without_place", "填写了附件的 SHA-256, 但没有查阅地址。", "请填写附件的查阅地址。")
EMPTY_DOCUMENT = Rule("empty_document", "被替代的文件没有名称, 也没有文号。", "请填写名称或文号。")
ALREADY_PUBLISHED = Rule(
    "already_published", "同一文号、名称的规则变更已经发布。", "如内容有误, 请更正原发布; 如属误发, 请撤回原发布。"
)
UNKNOWN_PUBLISHER = Rule("unknown_department", "监管责任清单中没有该发布部门。", "请核对 18 位部门代码。")
NOTHING_CORRECTED = Rule("nothing_changed", "与现有内容相比没有任何变化。", "无需重复更正。")

PUBLISHING_RULES = (
    UNKNOWN_RULE, NOTHING_TOUCHED, NO_TEXT, NO_PLACE, EMPTY_DOCUMENT, ALREADY_PUBLISHED, RULE_WITHDRAWN,
    UNKNOWN_PUBLISHER, NOTHING_CORRECTED, HOLDS_IDENTITY_NUMBER,
)  # fmt: skip

_WORDING = frozenset({"text", "attachment_sha256", "readable_at", "issuing_body", "norm"})
"""What may be put right without asking anybody again: it changes nothing that a bureau would have to do."""
_NOT_CONTENT = frozenset({"also", "bodies", "department", "officer"})


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule change as its events leave it."""

    version: int = 0
    said: RuleSaid | None = None
    withdrawn: RuleChangeWithdrawn | None = None


def evolve(rule: RuleChange, version: int, event: Said) -> RuleChange:
    """Fold one event."""
    if isinstance(event, RuleChanged):
        return RuleChange(version, event)
    if isinstance(event, RuleChangeCorrected):
        return replace(rule, version=version, said=event)
    if isinstance(event, RuleChangeWithdrawn):
        return replace(rule, version=version, withdrawn=event)
    return replace(rule, version=version)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What deciding needs to know: the site's own effect, whether the publisher is a department, and the bodies that
    decided permits of what is touched; ``also``: under which other codes it stands."""

    effect: Effect
    known_department: bool
    bodies: Sequence[BodyInScope]
    also: Sequence[OtherCode] = ()


def publish(stated: Publication, around: Surroundings, published: str | None) -> RuleChanged:
    """Return the publication, or raise ``Refused``. ``published``: the rule change that says the same already."""
    _check(stated, around)
    if published is not None:
        raise Refused(ALREADY_PUBLISHED, f"{ALREADY_PUBLISHED.text}标识: {published}。", "document_number")
    return RuleChanged(**content(stated, around))


def correct(rule: RuleChange, stated: Correction, around: Surroundings) -> RuleChangeCorrected:
    """Return the correction. Who was asked before stays asked: whoever acted on the wrong content must learn of it."""
    before = _standing(rule)
    _check(stated, around)
    may_be_public([stated.reason], "reason")
    said = content(stated, around)
    old = before.model_dump()
    new = RuleSaid(**said).model_dump()
    changed = tuple(
        sorted(name for name in RuleSaid.model_fields if name not in _NOT_CONTENT and old[name] != new[name])
    )
    bodies = _merged(before.bodies, said["bodies"])
    if not changed and bodies == before.bodies:
        raise Refused(NOTHING_CORRECTED)
    asks = bool(set(changed) - _WORDING) if stated.asks_again is None else stated.asks_again
    return RuleChangeCorrected(**said | {"bodies": bodies}, changed=changed, reason=stated.reason, asks_again=asks)


def withdraw(rule: RuleChange, stated: Withdrawal) -> RuleChangeWithdrawn:
    """Return the withdrawal: nobody need answer, and no later decision meets the rule."""
    _standing(rule)
    may_be_public([stated.reason], "reason")
    return RuleChangeWithdrawn(reason=stated.reason, officer=stated.officer)


def content(stated: Publication, around: Surroundings) -> dict[str, Any]:
    """Return what is stated as an event carries it, with the bodies that must answer."""
    plain = stated.model_dump(include=set(RuleSaid.model_fields) - {"also", "bodies", "effect", "replaces"})
    return plain | {
        "matters": tuple(sorted(set(stated.matters))),
        "regions": outermost(stated.regions),
        "replaces": tuple(Document(title=one.title, number=one.number) for one in stated.replaces),
        "also": tuple(around.also),
        "effect": stated.effect or around.effect,
        "bodies": tuple(around.bodies),
    }


def _standing(rule: RuleChange) -> RuleSaid:
    if rule.said is None:
        raise Refused(UNKNOWN_RULE)
    if rule.withdrawn is not None:
        raise Refused(RULE_WITHDRAWN, f"该规则变更已由 {rule.withdrawn.officer} 撤回: {rule.withdrawn.reason}")
    return rule.said


def _check(stated: Publication, around: Surroundings) -> None:
    if not around.known_department:
        raise Refused(UNKNOWN_PUBLISHER, field="department")
    if not stated.matters and not stated.regions:
        raise Refused(NOTHING_TOUCHED, field="matters")
    if stated.attachment_sha256 and not stated.readable_at:
        raise Refused(NO_PLACE, field="readable_at")
    if not stated.text and not stated.readable_at:
        raise Refused(NO_TEXT, field="text")
    if any(not one.title and not one.number for one in stated.replaces):
        raise Refused(EMPTY_DOCUMENT, field="replaces")
    may_be_public([stated.text], "text")
    may_be_public([stated.title, stated.readable_at], "title")


def _merged(before: Iterable[BodyInScope], found: Iterable[BodyInScope]) -> tuple[BodyInScope, ...]:
    merged = {one.body: one for one in before} | {one.body: one for one in found}
    return tuple(merged[body] for body in sorted(merged))
