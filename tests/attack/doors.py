"""By which doors the whole API is attacked: with every right, with none, and with keys whose rights are others.

What a door lets in wrongly, its judge says: an answer to who has no right to it, or one that holds what another body's
key must not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from fastapi import FastAPI

from services.access.actions import Action
from services.access.entrance import OPEN, Entrance
from services.access.machine_keys import LONGEST
from services.access.rights import Where, guarded, rights
from services.approval.http import Office, application, key_token
from services.supervision.http import application as supervision_application
from services.supervision.oversight_commands import Sign
from tests.attack.whole_api import PHASES, Answered, Judge, the_document_alone
from tests.guarded_site import NOON, GuardedSite
from tests.invented import BODY, HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import MASTER, Linkage
from tests.penalties import impose
from tests.supervision_web import web

SIDES = ("approval", "supervision")
BODIES = {"approval": BODY, "supervision": MARKET_BUREAU}
STRANGER = "11990100MB0000009X"
REFUSED = ("no key", "key without the action", "expired key")
WHOLE = ("key of the site", "another body's key")
"""Whose requests go to each border of each parameter too: with every right, and with rights that are another's. Of the
other doors the random ones and those that go on from earlier ones are enough to see whether they let anybody in."""
MARK = "留痕"
"""Begins the numbers of all permits and documents there are: none of them is the stranger's to read."""


@dataclass(frozen=True, slots=True)
class Door:
    side: str
    name: str
    app: FastAPI
    judge: Judge = the_document_alone
    key: str = ""

    @property
    def phases(self) -> Sequence[str]:
        return PHASES if self.name in WHOLE else ("fuzzing", "stateful")


def settled(linkage: Linkage) -> Mapping[str, Sequence[str]]:
    """Let there be permits, a receipt and a penalty; return by which values they are asked for."""
    linkage.duties(duty())
    granted = linkage.publish(*(decision(permit_number=f"{MARK}{number}") for number in range(5)))
    permits = [str(one.permit) for one in granted]
    linkage.oversee(granted[0].permit, Sign(officer="0102"), MARKET_BUREAU)
    penalty = impose(linkage, document_number=f"{MARK}〔2026〕1号", certificates=f"食品经营许可证 {MARK}0")
    linkage.hear()
    return {
        "permit": permits,
        "stream": permits,
        "penalty": [str(penalty)],
        "department": [MARKET_BUREAU, HEALTH_BUREAU],
        "body": [BODY],
        "owner": [MARKET_BUREAU],
    }


def sides(linkage: Linkage, entrance: Entrance) -> dict[str, FastAPI]:
    supervision = web(linkage)
    return {
        "approval": application(Office(linkage.approval_web, linkage.web_desk, key_token(MASTER)), entrance),
        "supervision": supervision_application(supervision.state.office, entrance),
    }


def doors(linkage: Linkage) -> Iterator[Door]:
    """``key of the site``: of a service that sees all; of the others each lacks what its name says."""
    for name, entrance in (("open door", OPEN), ("no key", Entrance(()))):
        for side, app in sides(linkage, entrance).items():
            yield Door(side, name, app, the_document_alone if entrance is OPEN else unless_open(side))
    site = GuardedSite(linkage)
    for side in SIDES:
        app = cast(FastAPI, (site.approval if side == "approval" else site.supervision).app)
        asked = {right.action for right in rights().values() if right.side == side}
        for name, body, actions, judge in (
            ("key of the site", "", set(Action), the_document_alone),
            ("own key", BODIES[side], set(Action), the_document_alone),
            ("another body's key", STRANGER, set(Action), of_another_body(side)),
            ("key without the action", BODIES[side], set(Action) - asked, unless_open(side)),
            ("expired key", BODIES[side], set(Action), unless_open(side)),
        ):
            site.name, site.now = name.replace("'", ""), NOON
            if name == "expired key":
                site.now -= LONGEST + timedelta(days=1)
            key = site.key(side, body, *actions)
            site.now = NOON
            yield Door(side, name, app, judge, key)


def unless_open(side: str) -> Judge:
    """Nothing is given to, or done for, who may ask nothing."""

    def judge(answered: Answered) -> str | None:
        if answered.status < 400 and guarded(answered.operation.split()[1]):
            return "answered to who has no right to it"
        return None

    return judge


def of_another_body(side: str) -> Judge:
    """Nothing of another's is given, and of what a row is whose, nothing is done."""

    def judge(answered: Answered) -> str | None:
        if MARK in answered.said and MARK not in answered.sent:
            return "another body reads what is not its own"
        method, path = answered.operation.split()
        right = rights().get((side, method, path))
        if right and answered.status < 400 and right.whose.where in (Where.ROW, Where.SEVERAL):
            return "done for another body"
        return None

    return judge
