"""Help for the supervision side, and example files of penalties, duties, working days and officers."""

from __future__ import annotations

from datetime import date, timedelta

from services import calendar_file, officer_file
from services.pages.downloads import sheet
from services.pages.helping import Example, help_routes
from services.sample_city.city import haizhou
from services.sample_city.codes import CITY, credit_code
from services.supervision import duty_file
from services.supervision.penalty_file.columns import LAYOUT

EXAMPLE_YEAR = 2099
"""A year that nobody works in: an invented notice that somebody takes by mistake must move no limit."""
SPOILED = ({"CF_NR_FK": "2000"}, {"CF_JDRQ": "昨天"}, {"CF_WSH": "", "CF_CFJGDM": "00000000000000000X"})
GOOD = 3


def penalties(today: date) -> bytes:
    """Return a file of penalties by the invented city's first department: good rows, then some usual faults."""
    (code, name), decided = next(iter(haizhou().departments.items())), today - timedelta(days=1)
    made = []
    for number in range(1, GOOD + len(SPOILED) + 1):
        row = {
            "CF_XDR_MC": f"海州市虚构{number}号餐饮管理有限公司", "CF_XDR_LB": "法人及非法人组织",
            "CF_XDR_SHXYM": credit_code("91", 990000 + number), "CF_FRDB": "某甲",
            "CF_WSH": f"海市监罚示〔{today.year}〕{number}号", "CF_WFXW": "超范围经营",
            "CF_SY": "超出许可载明的经营项目", "CF_YJ": "《食品经营许可和备案管理办法》第五十二条",
            "CF_CFLB": "罚款", "CF_NR": "罚款2000元", "CF_NR_FK": "0.2",
            "CF_NR_ZKDX": f"食品经营许可证 示例{today:%Y%m%d}{number:03d}", "CF_JDRQ": f"{decided:%Y/%m/%d}",
            "CF_YXQ": "2099/12/31", "CF_GSJZQ": f"{decided + timedelta(days=365):%Y/%m/%d}",
            "CF_CFJG": name, "CF_CFJGDM": code,
        }  # fmt: skip
        made.append(row | (SPOILED[number - GOOD - 1] if number > GOOD else {}))
    headings = [column.heading for column in LAYOUT.columns]
    return sheet(headings, ([row.get(column, "") for column in LAYOUT.by_code] for row in made))


def duties(today: date) -> bytes:
    """Return some entries of a duty list; the last one has a wrong code of a region."""
    city, rows = haizhou(), []
    for number, matter in enumerate([one for one in city.matters if one.covered][:5], 1):
        lead = city.department(matter.lead)
        rows.append([
            matter.code, matter.name, CITY if number < 5 else "99", "*", lead, city.departments[lead],
            "；".join(city.department(other) for other in matter.others), "推送即认领" if number % 2 else "签收认领",
            "3", "《中华人民共和国行政许可法》第六十一条", f"0990-8{number:03d}100", f"{today.year + 1}-01-01", "",
        ])  # fmt: skip
    return sheet(duty_file.HEADINGS, rows)


def working_days(today: date) -> bytes:
    """Return an invented notice of a far year, whole: days of rest, and a make-up day."""
    notice, year = "示例通知（虚构）", str(EXAMPLE_YEAR)
    rest = ("01-01", "05-01", "05-02", "10-01", "10-02", "10-05")
    rows = [[f"{year}-{day}", "休息日", notice, year] for day in rest]
    return sheet(calendar_file.HEADINGS, [*rows, [f"{year}-10-10", "工作日", notice, year]])


def officers(today: date) -> bytes:
    """Return three officers of the invented city; nothing of them reaches anybody."""
    codes = list(haizhou().departments)
    return sheet(
        officer_file.OFFICERS,
        [
            ["SL-1001", "某甲", codes[0], "科长", "example-1@example.cn", "", ""],
            ["SL-1002", "某乙", codes[0], "", "", "13900000000", ""],
            ["SL-1003", "某丙", codes[1], "", "", "", ""],
        ],
    )


EXAMPLES = {
    "penalties": Example(
        "双公示处罚文件",
        f"{GOOD} 行正确，{len(SPOILED)} 行各有一种常见错误（金额写成元、日期写成文字、缺文号）。",
        ("/penalties/import", "导入处罚文件"),
        penalties,
    ),
    "duties": Example(
        "监管责任清单",
        "4 行正确，1 行区划代码有误。先点“试算”，看会新增什么、转办什么。",
        ("/duties/import", "导入责任清单"),
        duties,
    ),
    "calendar": Example(
        "工作日历",
        f"虚构的 {EXAMPLE_YEAR} 年放假通知：放假日填休息日，调休上班日填工作日。",
        ("/calendar", "工作日历"),
        working_days,
    ),
    "officers": Example("经办人员名单", "3 名虚构人员。工号、姓名、部门代码必填，联系方式可不填。", None, officers),
}
routes = help_routes(EXAMPLES)
