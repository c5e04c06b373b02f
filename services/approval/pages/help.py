"""Help for the approval side, and the example file of permits."""

from __future__ import annotations

from datetime import date, timedelta

from services.approval.publication_file.columns import LAYOUT
from services.pages.downloads import sheet
from services.pages.helping import Example, help_routes
from services.sample_city.city import haizhou
from services.sample_city.permits import Row, rows

SPOILED: tuple[Row, ...] = (
    {"XK_WSH": "", "XK_XKBH": ""},
    {"XK_JDRQ": "昨天", "XK_XDR_SHXYM": "91990100MA000000"},
    {"XK_YXQZI": "1999/01/01"},
    {"XK_XKWS": "", "XK_ZT": ""},
)
GOOD = 6


def permits(today: date) -> bytes:
    """Return a file of permits of the invented city: good rows, then one for each of some usual faults."""
    (body, *_), decided = haizhou().bodies, today - timedelta(days=1)
    made = []
    for number, row in enumerate(rows(haizhou(), GOOD + len(SPOILED), 3, today, defects=False), 1):
        made.append(
            row
            | {
                "XK_WSH": f"海审批示〔{today.year}〕{number}号", "XK_XKBH": f"示例{today:%Y%m%d}{number:03d}",
                "XK_JDRQ": f"{decided:%Y/%m/%d}", "XK_YXQZ": f"{decided:%Y/%m/%d}", "XK_YXQZI": "2099/12/31",
                "XK_XKJG": body.name, "XK_XKJGDM": body.code, "XK_LYDW": body.name, "XK_LYDWDM": body.code,
            }
            | (SPOILED[number - GOOD - 1] if number > GOOD else {})
        )  # fmt: skip
    headings = [column.heading for column in LAYOUT.columns]
    return sheet(headings, ([row.get(code, "") for code in LAYOUT.by_code] for row in made))


EXAMPLES = {
    "permits": Example(
        "双公示许可文件",
        f"{GOOD} 行正确，{len(SPOILED)} 行各有一种常见错误。上传后看正确的行怎样登记，有错的行怎样修改。",
        ("/files", "文件导入"),
        permits,
    )
}
routes = help_routes(EXAMPLES)
