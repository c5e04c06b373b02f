"""Invented rule changes, and the way of what is said about them between the two sides of a test's linkage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

from events import bookmark
from events.database import connect
from events.rule_answers import Done
from events.rule_changes import Change, Effect, Norm
from projections.projector import Projector
from services.approval.reactions import reactions
from services.approval.rule_answer import StatedAct, StatedAnswer
from services.approval.rule_answering import AnswerDesk
from services.supervision.rule_desk import RuleDesk
from services.supervision.rule_stated import Publication
from tests.invented import BODY, FOOD, MARKET_BUREAU
from tests.linkage import Linkage, unread

OLD_TITLE = "海州市食品经营许可管理办法"
OLD_NUMBER = "海政发〔2019〕5号"
RESTING = f"《{OLD_TITLE}》第八条"


def publication(**changes: Any) -> Publication:
    """Return a complete publication: a new 办法 takes the place of the old one from today on."""
    stated = {
        "kind": Change.ENACTED,
        "norm": Norm.POLICY,
        "title": "海州市食品经营许可和备案管理办法",
        "issuing_body": "海州市人民政府",
        "document_number": "海政发〔2026〕18号",
        "effective_date": date(2026, 11, 20),
        "text": "第一条 为规范食品经营许可和备案活动，制定本办法。",
        "replaces": [{"title": OLD_TITLE, "number": OLD_NUMBER}],
        "matters": [FOOD],
        "regions": ["990100"],
        "department": MARKET_BUREAU,
        "officer": "S-0417",
    }
    return Publication.model_validate(stated | changes)


def refusing(**changes: Any) -> Publication:
    return publication(effect=Effect.REFUSE, **changes)


def answered(body: str = BODY, clerk: str = "C-0032", done: Done = Done.GUIDE_REVISED, **changes: Any) -> StatedAnswer:
    acts = (StatedAct(done=done, text="已按新办法修订办事指南", on=date(2026, 11, 24)),)
    return StatedAnswer.model_validate({"body": body, "clerk": clerk, "acts": acts} | changes)


def desk(linkage: Linkage) -> RuleDesk:
    return RuleDesk(linkage.supervision, clock=linkage.now)


def answer_desk(linkage: Linkage) -> AnswerDesk:
    return AnswerDesk(linkage.approval, clock=linkage.now)


def publish(linkage: Linkage, stated: Publication) -> UUID:
    """Publish, and let it reach the approval side and come back as delivered."""
    rule = UUID(desk(linkage).publish(stated)["rule_change"])
    exchange(linkage)
    return rule


def exchange(linkage: Linkage) -> None:
    """Let each side hear all that the other has said, and what that made it say."""
    for _ in range(2):
        linkage.number_pushes()
        hear_supervision(linkage)
        linkage.number()
        linkage.catch_up()


def hear_supervision(linkage: Linkage) -> None:
    """Apply what supervision says to the approval side."""
    with receiving(linkage) as projector:
        for batch in unread(linkage.back, dict(projector.lease.cursors)):
            projector.receive(batch)


@contextmanager
def receiving(linkage: Linkage) -> Iterator[Projector]:
    """The approval side's reader of what supervision says, for as long as it is open."""
    log, projection = linkage.back, reactions(linkage.now)
    with connect(linkage.approval_url, application="test") as connection:
        lease = bookmark.take(connection, projection.name, log.identity(), log.beginning(), "test")
        try:
            yield Projector(linkage.approval, projection, lease)
        finally:
            bookmark.release(connection, lease)
