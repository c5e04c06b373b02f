"""Permits of the invented city: as rows of a 双公示 file with its 28 columns, and as decisions of the day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from services.sample_city.city import Body, City, Matter
from services.sample_city.codes import credit_code, identity_number

_FIRST = "海东明华新安泰和众诚远航金源"
_SECOND = "丰盛达隆兴顺康宁茂益通利佳美"
_TRADES = ("餐饮管理", "物流", "医药", "商贸", "建设工程", "农业科技", "文化传播", "教育咨询", "环保科技", "机械")
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
DEFECT_EVERY = 80

Row = dict[str, str]


def rows(city: City, count: int, seed: int, today: date, *, defects: bool = True) -> Iterator[Row]:
    """Yield ``count`` rows over two years: grants, later renewals and endings of known numbers, and planted defects.

    One row in ``DEFECT_EVERY`` is spoiled in one of the ways seen in real files.
    """
    random = Random(seed)  # noqa: S311 — invented data need no secrecy, they need to be the same each time
    first = today - timedelta(days=730)
    granted: list[Row] = []
    for number in range(count):
        day = first + timedelta(days=number * 728 // max(1, count))
        if granted and number % 12 == 11:
            row = _followed(random, granted.pop(random.randrange(len(granted))), day)
        else:
            row = _granted(random, city, number + 1, day)
            if number % 3 == 0:
                granted.append(row)
        if defects and number % DEFECT_EVERY == DEFECT_EVERY - 2:
            row = _spoiled(number // DEFECT_EVERY, row, today)
        yield row


def _granted(random: Random, city: City, serial: int, day: date) -> Row:
    body: Body = city.bodies[0] if serial % 3 else city.bodies[1 + serial % (len(city.bodies) - 1)]
    # A few matters make up most of a city: food alone a good part of it.
    matter: Matter = city.matters[int(len(city.matters) * random.random() ** 2.2)]
    years = random.choice((3, 5, 5, 5, 0))
    row = {
        **party_row(random, serial),
        "XK_XKWS": "准予行政许可决定书",
        "XK_WSH": f"海审批许〔{day.year}〕{serial}号",
        "XK_XKLB": "普通",
        "XK_XKZS": matter.certificate,
        "XK_XKBH": f"HZ{matter.code[-6:]}{serial:08d}",
        "XK_NR": f"准予{matter.name}",
        "XK_JDRQ": f"{day:%Y/%m/%d}",
        "XK_YXQZ": f"{day:%Y/%m/%d}",
        "XK_YXQZI": f"{day.replace(year=day.year + years, day=min(day.day, 28)):%Y/%m/%d}" if years else "2099/12/31",
        "XK_XKJG": body.name,
        "XK_XKJGDM": body.code,
        "XK_ZT": "1",
        "XK_LYDW": body.name,
        "XK_LYDWDM": body.code,
    }
    return row


def party_row(random: Random, serial: int) -> Row:
    """Return the columns about a party: one in ten a person, two in ten a small business, the rest companies."""
    pick = serial % 10
    person = random.choice(_SURNAMES) + "某" + random.choice("甲乙丙丁戊")
    if pick == 7:
        return {
            "XK_XDR_MC": person, "XK_XDR_LB": "自然人", "XK_XDR_ZJLX": "身份证",
            "XK_XDR_ZJHM": identity_number(random, serial),
        }  # fmt: skip
    trade = random.choice(_TRADES)
    name = random.choice(_FIRST) + random.choice(_SECOND)
    if pick in (3, 8):
        return {
            "XK_XDR_MC": f"海州市{name}{trade}店", "XK_XDR_LB": "个体工商户",
            "XK_XDR_SHXYM": credit_code("92", serial), "XK_FRDB": person,
        }  # fmt: skip
    return {
        "XK_XDR_MC": f"海州市{name}{serial}号{trade}有限公司", "XK_XDR_LB": "法人及非法人组织",
        "XK_XDR_SHXYM": credit_code("91", serial), "XK_FRDB": person,
    }  # fmt: skip


def _followed(random: Random, before: Row, day: date) -> Row:
    """Return a later row about the same number: renewed, changed or ended."""
    row = before | {"XK_JDRQ": f"{day:%Y/%m/%d}", "XK_WSH": before["XK_WSH"].replace("许", "续")}
    kind = random.randrange(4)
    if kind == 0 and before["XK_YXQZI"] != "2099/12/31":
        until = date(*map(int, before["XK_YXQZI"].split("/")))
        return row | {"XK_YXQZI": f"{until.replace(year=until.year + 5):%Y/%m/%d}"}
    if kind == 1:
        return row | {"XK_ZT": "注销", "XK_XKWS": "准予注销决定书"}
    if kind == 2:
        return row | {"XK_ZT": "吊销", "XK_XKWS": "吊销许可证决定书", "BZ": "违法经营, 情节严重"}
    return row | {"XK_NR": before["XK_NR"] + "（变更经营范围）"}


def _spoiled(which: int, row: Row, today: date) -> Row:
    ways: tuple[Row, ...] = (
        {"XK_XDR_SHXYM": row.get("XK_XDR_SHXYM", "")[:-1] + "?"},
        {"XK_XKJGDM": "00000000000000000X"},
        {"XK_JDRQ": f"{today + timedelta(days=30):%Y/%m/%d}"},
        {"XK_YXQZI": "1999/01/01"},
        {"XK_XKWS": ""},
        {"XK_WSH": "", "XK_XKBH": "暂无"},
        {"XK_XDR_LB": "法人及非法人组织", "XK_XDR_SHXYM": credit_code("92", 900000 + which)},
        {"XK_XKZS": "来历不明的证书", "XK_NR": "无法对应的内容"},
    )
    return row | ways[which % len(ways)]


def new_decision(random: Random, city: City, serial: int, day: date) -> dict[str, Any]:
    """Return a decision of ``day`` as JSON for ``POST /api/v1/decisions``."""
    row = _granted(random, city, serial, day)
    body = next(body for body in city.bodies if body.code == row["XK_XKJGDM"])
    matter = next(matter for matter in city.matters if matter.certificate == row["XK_XKZS"])
    return as_decision(row, body, matter, day) | {"commitment": serial % 9 == 0}


def as_decision(row: Row, body: Body, matter: Matter, day: date) -> dict[str, Any]:
    """Return what ``row`` says of a grant as ``body`` would hand it in over HTTP."""
    forever = row["XK_YXQZI"] == "2099/12/31"
    return {
        "kind": "核发",
        "deciding_body": body.code,
        "deciding_body_name": body.name,
        "matter_code": matter.code,
        "region_code": body.region,
        "level": body.level,
        "party": {
            "kind": row["XK_XDR_LB"],
            "name": row["XK_XDR_MC"],
            "identifier": row.get("XK_XDR_SHXYM") or row["XK_XDR_ZJHM"],
            "identifier_kind": row.get("XK_XDR_ZJLX", ""),
            "legal_representative": row.get("XK_FRDB", ""),
        },
        "permit_number": row["XK_XKBH"],
        "certificate_name": row["XK_XKZS"],
        "document_name": row["XK_XKWS"],
        "document_number": row["XK_WSH"],
        "category": "普通",
        "content": row["XK_NR"],
        "decision_date": day.isoformat(),
        "valid_from": day.isoformat(),
        "valid_to": None if forever else row["XK_YXQZI"].replace("/", "-"),
        "long_term": forever,
    }
