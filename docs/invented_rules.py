"""One invented event of each type about rule changes, answers and pending applications. No such rule exists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from uuid import UUID

from docs.invented import BODY, FOOD, MARKET_BUREAU
from events.approval import Ground, RuleMet, Said
from events.code_mappings import CodeKind
from events.pending_applications import MatterCount, PendingApplicationsCounted
from events.rule_answers import Act, Done, RuleChangeAcknowledged, RuleChangeReceived
from events.rule_changes import (
    BodyInScope,
    Change,
    Document,
    Effect,
    Norm,
    OtherCode,
    RuleChangeCorrected,
    RuleChanged,
    RuleChangeWithdrawn,
    Why,
)

RULE = UUID("01a21199-290a-7848-8006-759bf295f367")
MET = RuleMet(
    rule=RULE,
    title="海州市食品经营许可和备案管理办法",
    document_number="海政发〔2026〕18号",
    effective_date=date(2026, 12, 1),
    ground=Ground.BASIS,
)


def rules() -> Iterator[Said]:
    published = RuleChanged(
        kind=Change.ENACTED,
        norm=Norm.POLICY,
        title=MET.title,
        issuing_body="海州市人民政府",
        document_number=MET.document_number,
        effective_date=MET.effective_date,
        text="第一条 为规范食品经营许可和备案活动，制定本办法。",
        attachment_sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        readable_at="海州市人民政府公报2026年第11期",
        replaces=(Document(title="海州市食品经营许可管理办法", number="海政发〔2019〕5号"),),
        matters=(FOOD,),
        regions=("990100",),
        also=(OtherCode(kind=CodeKind.MATTER, code="000131000300", stands_for=FOOD, only_region="990100"),),
        effect=Effect.FLAG,
        covers_matters=True,
        bodies=(BodyInScope(body=BODY, name="海州市行政审批局", why=Why.DECIDED),),
        department=MARKET_BUREAU,
        officer="S-0417",
    )
    yield published
    corrected = published.model_dump() | {"effective_date": date(2027, 1, 1)}
    yield RuleChangeCorrected(**corrected, changed=("effective_date",), reason="施行日期录入有误", asks_again=True)
    yield RuleChangeWithdrawn(reason="误将征求意见稿发布", officer="S-0417")
    yield RuleChangeReceived(rule=RULE, rule_version=1, body=BODY, body_name="海州市行政审批局", why=Why.DECIDED)
    yield RuleChangeAcknowledged(
        rule=RULE,
        rule_version=1,
        body=BODY,
        clerk="C-0032",
        acts=(Act(done=Done.GUIDE_REVISED, text="办事指南第三版", on=date(2026, 11, 25)),),
        addition=True,
    )
    yield PendingApplicationsCounted(
        body=BODY,
        counted_at=datetime(2026, 11, 24, 1, tzinfo=UTC),
        counts=(MatterCount(matter_code=FOOD, count=4),),
    )
