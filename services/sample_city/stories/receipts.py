"""What departments do about their pushes: most are signed, some come back, two are argued about, one was ruled."""

from __future__ import annotations

from services.sample_city.city import haizhou
from services.sample_city.stories.cast import BATHS, HOTELS, SHOWS, Cast, lead_of, matter_of
from services.sample_city.stories.sides import Sides

SIGNED, HANDLED, CLOSED = 30, 12, 5
"""How many of its oldest pushes each department has signed; of those taken into its supervision; and finished with."""
COORDINATOR = "G-0001"


def departments_sign(sides: Sides, cast: Cast) -> None:
    """Every department reads and signs its oldest pushes; what is left waits for whoever opens the page."""
    ours = {part.permit for part in cast.parts.values()}
    for number, department in enumerate(haizhou().departments, 1):
        cases = sides.told_by_office(f"departments/{department}/cases", limit=200)["cases"]
        permits = list(dict.fromkeys(case["permit"] for case in cases if case["permit"] not in ours))[:SIGNED]
        officer = f"S-{number:02d}17"
        for step, count in (("sign", SIGNED), ("handle", HANDLED), ("close", CLOSED)):
            if permits[:count]:
                sides.step(department, permits[:count], "", step=step, officer=officer)


def some_come_back(sides: Sides, cast: Cast) -> None:
    """Three returns wait for the coordinator; two were passed on, one of them has been signed there."""
    police, health = lead_of(matter_of(HOTELS)), lead_of(matter_of(BATHS))
    said = (
        {"reason": "matter_not_ours", "candidate": health},
        {"reason": "place_not_ours", "text": "经营场所在邻市辖区内"},
        {"reason": "other", "text": "同一场所已由消防救援支队检查，请核实职责"},
    )
    for number, (part, why) in enumerate(zip(cast.named("returned"), said, strict=True), 1):
        sides.step(police, [part.permit], f"return-{number}", step="return", officer="S-1304", **why)
    for number, part in enumerate(cast.named("reassigned"), 1):
        back = {"reason": "matter_not_ours", "candidate": police}
        sides.step(health, [part.permit], f"back-{number}", step="return", officer="S-0217", **back)
        sides.office(
            f"permits/{part.permit}/reassignment", f"reassign-{number}", lead=police, by=COORDINATOR,
            text="按责任清单说明，旅馆内设浴室由公安部门牵头",
        )  # fmt: skip
    sides.step(police, [cast["reassigned-1"].permit], "signed-there", step="sign", officer="S-1304")


def two_are_argued_about(sides: Sides, cast: Cast) -> None:
    """A second return opens a consultation by itself: one waits for opinions, one was ruled. Another was opened by
    hand."""
    culture, police = lead_of(matter_of(SHOWS)), lead_of(matter_of(HOTELS))
    for name in ("disputed-1", "ruled-1"):
        permit = cast[name].permit
        back = {"reason": "matter_not_ours", "candidate": police}
        sides.step(culture, [permit], f"{name}/first", step="return", officer="S-1102", **back)
        sides.office(
            f"permits/{permit}/reassignment", f"{name}/moved", lead=police, by=COORDINATOR, text="按退回部门的建议转办"
        )
        again = {"reason": "other", "text": "大型活动安全许可另行办理，演出经营不属公安职责"}
        sides.step(police, [permit], f"{name}/second", step="return", officer="S-1304", **again)
        sides.office(
            f"permits/{permit}/opinions", f"{name}/opinion", body=police, officer="S-1304",
            text="《营业性演出管理条例》规定的主管部门为文化主管部门。", legal_basis="《营业性演出管理条例》第五条",
        )  # fmt: skip
    ruled = cast["ruled-1"].permit
    sides.office(
        f"permits/{ruled}/opinions", "ruled-1/other-opinion", body=culture, officer="S-1102",
        text="演出场所由公安机关核定人数，我局请求共同监管。",
    )  # fmt: skip
    sides.office(
        f"permits/{ruled}/ruling", "ruled-1/ruling", lead=culture, co_departments=[police], by=COORDINATOR,
        reason="演出经营由文化主管部门牵头，公安部门就人数核定协同。", legal_basis="《营业性演出管理条例》第五条",
        like_cases=False,
    )  # fmt: skip
    sides.office(
        f"permits/{cast['discussed-1'].permit}/consultations", "discussed-1/opened", opened_by="dispute",
        by=COORDINATOR, text="跨区经营的货运企业由哪一级监管，两级意见不一", invited=[police],
    )  # fmt: skip
