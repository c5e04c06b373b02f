"""Rule changes of the invented city: one that holds, one that is to come, one that was published by mistake."""

from __future__ import annotations

from typing import Any

from services.sample_city.city import haizhou
from services.sample_city.codes import CITY
from services.sample_city.stories.cast import FIRST_SERIAL, FOOD, HOTELS, Cast, decided_on, lead_of, matter_of
from services.sample_city.stories.sides import Sides

_OLD_TITLE, _OLD_NUMBER = "海州市食品经营许可管理办法", "海政发〔2019〕5号"
_POLICY_STAFF = "S-0120"


def rules_change(sides: Sides, cast: Cast) -> None:
    """A new 办法 holds: two bodies have answered, the others are still asked, one of them by name. A repeal of next
    month will refuse what rests on the old rule. A third was published by mistake."""
    _report_pending(sides)
    food, hotels = matter_of(FOOD), matter_of(HOTELS)
    enacted = _publish(
        sides, "enacted", title="海州市食品经营许可和备案管理办法", document_number="海政发〔2026〕18号",
        kind="enacted", effective_date=sides.ago(3), matters=[food.code],
        replaces=[{"title": _OLD_TITLE, "number": _OLD_NUMBER}], effect="flag", department=lead_of(food),
        text="第一条 为规范食品经营许可和备案活动，制定本办法。",
    )  # fmt: skip
    _publish(
        sides, "repealed", title="海州市旅馆业治安管理实施细则", document_number="海公发〔2015〕9号", kind="repealed",
        effective_date=sides.ago(-30), matters=[hotels.code], readable_at="海州市人民政府公报2026年第11期",
        department=lead_of(hotels), effect="refuse",
    )  # fmt: skip
    mistaken = _publish(
        sides, "mistaken", title="海州市食品小作坊登记管理规定（征求意见稿）", document_number="海市监发〔2026〕3号",
        kind="amended", effective_date=sides.ago(-60), matters=[food.code], readable_at="内部征求意见",
        department=lead_of(food), effect="flag",
    )  # fmt: skip
    sides.office(f"rule-changes/{mistaken}/withdrawal", "mistaken/back", reason="征求意见稿误发", officer=_POLICY_STAFF)
    _answer(sides, enacted)
    _decide_under_the_old_rule(sides)


def _report_pending(sides: Sides) -> None:
    for number, body in enumerate(haizhou().bodies[:4], 3):
        counts = [
            {"matter_code": matter_of(one).code, "count": number * more} for one, more in ((FOOD, 4), (HOTELS, 1))
        ]
        sides.bureau(
            "pending-applications", f"pending-{body.code}", body=body.code,
            counted_at=f"{sides.day}T00:00:00+08:00", counts=counts,
        )  # fmt: skip


def _publish(sides: Sides, key: str, **said: Any) -> str:
    stated = {"norm": "policy", "issuing_body": "海州市人民政府", "regions": [CITY], "officer": _POLICY_STAFF} | said
    return str(sides.office("rule-changes", f"rule/{key}", **stated)["rule_change"])


def _answer(sides: Sides, rule: str) -> None:
    city, county = haizhou().bodies[0].code, haizhou().bodies[1].code

    def known() -> bool | None:
        bodies = sides.told_by_bureau(f"rule-changes/{rule}")["bodies"]
        return {city, county} <= {one["body"] for one in bodies if one["state"] != "undelivered"} or None

    sides.until("the rule change", known)
    acts = [
        {"done": "guide_revised", "text": "办事指南第三版", "on": sides.ago(1)},
        {"done": "applications_reexamined", "text": "在办申请 12 件，均按新办法补正", "on": sides.ago(0)},
    ]
    sides.bureau(f"rule-changes/{rule}/answers", "answer-city", body=city, clerk="C-0032", acts=acts)
    nothing = [{"done": "nothing", "text": "本区无在办申请，已发许可不受影响", "on": sides.ago(0)}]
    sides.bureau(f"rule-changes/{rule}/answers", "answer-county", body=county, clerk="C-0107", acts=nothing)


def _decide_under_the_old_rule(sides: Sides) -> None:
    """Somebody still does: recorded, and marked with the rule."""
    basis = f"《{_OLD_TITLE}》第八条"
    sides.decide("old-rule", decided_on(matter_of(FOOD), FIRST_SERIAL + 901, sides.day, legal_basis=basis))
