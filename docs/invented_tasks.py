"""One invented event of each type of ``events.tasks`` and ``events.standing``. Nobody in it exists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from docs.invented import BODY, FOOD, MARKET_BUREAU
from docs.invented_penalties import CHECK, PARTY, PERMIT
from events.approval import Said
from events.standing import FactKind, Means, StandingRuleSet
from events.tasks import (
    AskedAgain,
    TaskAnswered,
    TaskFacts,
    TaskKind,
    TaskLimit,
    TaskOpened,
    TaskOutcome,
    TaskRedated,
    TaskReopened,
    TaskWithdrawn,
    Withdrawal,
)


def tasks() -> Iterator[Said]:
    said = {"kind": TaskKind.PENALTY, "about": CHECK, "permit": PERMIT, "body": BODY, "department": MARKET_BUREAU}
    facts = TaskFacts(
        party=PARTY,
        permit_number="JY29901020000001",
        matter_code=FOOD,
        department_name="海州市市场监督管理局",
        document_number="海市监罚〔2026〕17号",
        happened_on=date(2026, 11, 23),
        subject="罚款,没收违法所得；超范围经营",
        text="超出食品经营许可证载明的经营项目从事冷食类食品制售",
        legal_basis="《食品经营许可和备案管理办法》第五十二条",
    )
    limit = TaskLimit(due=date(2026, 12, 1), estimated=False, calendar="notices 2004-2026, own days 0, 0a1b2c3d4e5f")
    asked = {"facts": facts, "limit": limit}
    yield TaskOpened.model_validate(said | asked | {"about_version": 2, "opened_on": date(2026, 11, 24)})
    yield TaskAnswered.model_validate(
        said
        | {
            "outcome": TaskOutcome.REVOKE,
            "reason": "情节严重, 依法吊销",
            "decision_version": 2,
            "clerk": "S-0102",
            "answered_on": date(2026, 11, 26),
        }
    )
    yield TaskWithdrawn.model_validate(
        said | {"about_version": 3, "why": Withdrawal.NO_LONGER_MATCHED, "withdrawn_on": date(2026, 11, 27)}
    )
    yield TaskReopened.model_validate(
        said | asked | {"about_version": 3, "why": AskedAgain.ANNULLED, "acted": 2, "reopened_on": date(2026, 11, 27)}
    )
    yield TaskRedated.model_validate(said | {"limit": limit, "redated_on": date(2026, 11, 25)})
    yield StandingRuleSet(
        kind=FactKind.PERMIT_REVOKED,
        matter_code=FOOD,
        same_matter=True,
        means=Means.BLOCK,
        valid_from=date(2026, 12, 1),
        valid_to=date(2031, 11, 30),
        legal_basis="《食品安全法》第一百三十五条",
        clerk="S-0102",
    )
