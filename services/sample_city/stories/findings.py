"""What departments find and ask besides penalties: checks of promises, inspections, freezes, wrong facts."""

from __future__ import annotations

from typing import Any

from services.sample_city.stories.cast import Cast, Part
from services.sample_city.stories.sides import Refusal, Sides

_INSPECTOR = "S-0108"


def promises_are_checked(sides: Sides, cast: Cast) -> None:
    """Three months after they were granted on a promise: two kept it, two did not, and four have not been checked."""
    kept, also_kept, broken, annulled = cast.named("promised")[:4]
    for part in (kept, also_kept):
        _find(sides, "commitment-checks", part, passed=True, checked_on=sides.ago(5), facts="现场核查，与承诺一致")
    checks = [
        _find(sides, "commitment-checks", part, passed=False, checked_on=sides.ago(4), facts=facts)
        for part, facts in ((broken, "未按承诺设置消毒间"), (annulled, "经营场所不存在"))
    ]
    _find(
        sides, "annulment-suggestions", annulled, document_number="海卫监建〔2026〕2号",
        facts="以虚假承诺取得许可，经营场所不存在", legal_basis="《中华人民共和国行政许可法》第六十九条",
        suggested_on=sides.ago(3), check=checks[1],
    )  # fmt: skip


def suspicions_are_reported(sides: Sides, cast: Cast) -> None:
    """Parties under investigation: one is frozen, one no longer, one no longer by itself. A suggestion waits."""
    frozen, lifted, lapsed = cast.named("frozen")
    reasons: tuple[tuple[Part, str, dict[str, str]], ...] = (
        (frozen, "海市监函〔2026〕41号", {"until": sides.ago(-90)}),
        (lifted, "海市监函〔2026〕36号", {}),
        (lapsed, "海市监函〔2026〕28号", {"until": sides.ago(1)}),
    )
    freezes = [
        _say(
            sides, "freezes", f"freeze/{part.permit}", permit=part.permit, department=part.department,
            document_number=number, reason="涉嫌提供虚假材料，立案调查", requested_on=sides.ago(20),
            officer=_INSPECTOR, **until,
        )
        for part, number, until in reasons
    ]  # fmt: skip
    _say(
        sides, f"freezes/{freezes[1]}/lifting", "lifted", why_lifted="调查终结，违法事实不成立",
        lifted_on=sides.ago(2), officer=_INSPECTOR,
    )  # fmt: skip
    for part, number in zip(cast.named("suspected"), ("海应急建〔2026〕7号", "海应急建〔2026〕9号"), strict=True):
        _find(
            sides, "annulment-suggestions", part, document_number=number, facts="申请时提交的安全评价报告系伪造",
            legal_basis="《危险化学品安全管理条例》第七十七条", suggested_on=sides.ago(6),
        )  # fmt: skip


def inspections_are_made(sides: Sides, cast: Cast) -> None:
    """Two are planned, one found nothing, three ordered something to be put right: it was, it is late, it has time."""
    planned, in_order, mended, late, has_time = cast.named("inspected")
    _find(
        sides, "inspections/plans", planned, inspection_kind="双随机", planned_on=sides.ago(-7), plan="餐饮环节季度抽查"
    )
    _find(
        sides, "inspections", in_order, inspection_kind="双随机", inspected_on=sides.ago(8), result="in_order",
    )  # fmt: skip
    _find(
        sides, "inspections/plans", cast["promised-5"], inspection_kind="双随机", planned_on=sides.ago(-5),
        plan="公共场所卫生秋冬季抽查",
    )  # fmt: skip
    for part, ago, due in ((mended, 40, 25), (late, 60, 45), (has_time, 3, -12)):
        inspection = _find(
            sides, "inspections", part, inspection_kind="日常检查", inspected_on=sides.ago(ago), result="problems",
            problems="未公示许可证，冷藏设施温度不达标", rectification_due=sides.ago(due),
        )  # fmt: skip
        if part is mended:
            _say(
                sides, f"inspections/{inspection}/rectification", "mended", passed=True, checked_on=sides.ago(20),
                facts="已整改到位", officer=_INSPECTOR,
            )  # fmt: skip


def what_is_late_is_urged(sides: Sides, cast: Cast) -> None:
    """A rectification that nobody has looked at again is overdue; the superior demands it within three days."""
    lead = cast["inspected-4"].department

    def overdue() -> str | None:
        asked = {"kind": "rectification_check", "owner": lead, "light": "red"}
        items = sides.told_by_office("deadlines", **asked)["items"]
        return str(items[0]["item"]) if items else None

    item = sides.until("the rectification that is late", overdue)
    sides.office(
        f"deadlines/{item}/urging", "urged", limit=3, officer="L-0002", reason="群众投诉，请三个工作日内复查并反馈"
    )


def wrong_facts_are_reported(sides: Sides, cast: Cast) -> None:
    """Three permits with a fact that the department says is wrong; what becomes of it, the desk says."""
    for part, field, right, facts in zip(
        cast.named("misstated"),
        ("valid_to", "place", "content"),
        (sides.ago(-1000), "海州市港东区临港路18号", "准予道路普通货物运输"),
        ("证书原件载明的日期较早", "现场地址与登记不符", "许可内容登记不全"),
        strict=True,
    ):
        _find(sides, "error-reports", part, field=field, should_be=right, facts=facts, reported_on=sides.ago(1))


def _find(sides: Sides, path: str, part: Part, **said: Any) -> str:
    officer = {"permit": part.permit, "department": part.department, "officer": _INSPECTOR}
    return _say(sides, path, f"{path}/{part.decision['permit_number']}", **officer, **said)


def _say(sides: Sides, path: str, key: str, **said: Any) -> str:
    finding = sides.office(path, key, **said).get("finding")
    if finding is None:
        raise Refusal(f"{path}: no finding")
    return str(finding)
