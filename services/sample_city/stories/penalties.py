"""Penalties of the invented city: a 双公示 file with its 30 columns, and what becomes of some of them afterwards."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

from services.sample_city.city import haizhou
from services.sample_city.permits import party_row
from services.sample_city.stories.cast import Cast, Part
from services.sample_city.stories.sides import Sides
from services.supervision.penalty_file.columns import CODES, COLUMNS

_OFFICER = "S-0131"
_FINE = {"CF_CFLB": "罚款", "CF_NR": "罚款2000元", "CF_NR_FK": "0.2"}
_REVOCATION = {"CF_CFLB": "吊销许可证", "CF_NR": "吊销食品经营许可证"}
_DEFECTS: tuple[Mapping[str, str], ...] = (
    {"CF_NR_FK": "2000"},
    {"CF_WSH": ""},
    {"CF_JDRQ": "2099/01/01"},
    {"CF_CFLB": "吊销许可证", "CF_NR": "吊销许可证", "CF_NR_FK": "", "CF_NR_ZKDX": ""},
    {"CF_XDR_SHXYM": "91990100MA0000001?"},
)


def penalties_come_as_a_file(sides: Sides, cast: Cast, file: Path) -> None:
    """Most name a certificate; one number is a digit off, one party is unknown, some rows are wrong. The file is
    written once and kept, as the permits' is."""
    if not file.exists():
        _write(file, _rows(sides, cast))
    sides.upload("penalties/files", file, officer=_OFFICER)


def some_are_undone(sides: Sides, cast: Cast) -> None:
    """One is annulled after the desk revoked for it, one is amended, one has had its credit repaired."""
    penalties = numbers_of(sides, cast)
    sides.office(
        f"penalties/{penalties[number_of(8)]}/annulment", "annulled", reason="行政复议决定撤销原处罚",
        annulled_on=sides.ago(0), officer=_OFFICER,
    )  # fmt: skip
    sides.office(
        f"penalties/{penalties[number_of(9)]}/repair", "repaired", reason="已履行处罚决定，公示期满三个月",
        repaired_on=sides.ago(1), repair_document="海信修〔2026〕12号", officer=_OFFICER,
    )  # fmt: skip


def numbers_of(sides: Sides, cast: Cast) -> dict[str, str]:
    """Return the penalties of the department that leads for food, by document number."""
    asked = {"department": cast["fined-1"].department, "limit": 200}
    return {
        one["facts"]["document_number"]: one["penalty"]
        for one in sides.told_by_office("penalties", **asked)["penalties"]
    }


def number_of(fined: int) -> str:
    """Return the document number of the penalty of the part ``fined-N``."""
    return f"海市监罚〔2026〕{100 + fined}号"


def _rows(sides: Sides, cast: Cast) -> Iterator[dict[str, str]]:
    fined = cast.named("fined")
    for number, part in enumerate(fined, 1):
        certificate = f"{part.decision['certificate_name']} {part.decision['permit_number']}"
        if number == 3:
            certificate = ""
        if number == 10:
            certificate = f"{part.decision['certificate_name']} {_a_digit_off(part.decision['permit_number'])}"
        content = _REVOCATION if number in (2, 8) else _FINE
        yield _row(sides, part, number, ago=10 + number) | content | {"CF_NR_ZKDX": certificate}
    stranger = {key.replace("XK_", "CF_"): value for key, value in party_row(Random(7), 989_001).items()}  # noqa: S311
    unknown = {"CF_NR_ZKDX": "食品经营许可证 HZ99999900000001"}
    yield {**_row(sides, fined[0], 20, ago=9), **_FINE, **_NOBODY, **stranger, **unknown}
    for number, defect in enumerate(_DEFECTS, 31):
        yield {**_row(sides, fined[number - 31], number, ago=8), **_FINE, **defect}


_NOBODY = dict.fromkeys(("CF_XDR_MC", "CF_XDR_LB", "CF_XDR_SHXYM", "CF_FRDB", "CF_XDR_ZJLX", "CF_XDR_ZJHM"), "")


def _row(sides: Sides, part: Part, number: int, ago: int) -> dict[str, str]:
    party = part.decision["party"]
    person = party["kind"] == "自然人"
    return dict.fromkeys(CODES, "") | {
        "CF_XDR_MC": party["name"], "CF_XDR_LB": party["kind"], "CF_FRDB": party["legal_representative"],
        "CF_XDR_SHXYM": "" if person else party["identifier"],
        "CF_XDR_ZJLX": "身份证" if person else "", "CF_XDR_ZJHM": party["identifier"] if person else "",
        "CF_WSH": number_of(number), "CF_WFXW": "超范围经营", "CF_SY": "超出许可证载明的经营项目从事冷食类食品制售",
        "CF_YJ": "《食品经营许可和备案管理办法》第五十二条", "CF_JDRQ": sides.ago(ago).replace("-", "/"),
        "CF_YXQ": sides.ago(-355).replace("-", "/"), "CF_GSJZQ": sides.ago(-355).replace("-", "/"),
        "CF_CFJG": haizhou().departments[part.department], "CF_CFJGDM": part.department,
    }  # fmt: skip


def _a_digit_off(number: str) -> str:
    return number[:-1] + str((int(number[-1]) + 3) % 10)


def _write(file: Path, rows: Iterator[dict[str, str]]) -> None:
    draft = file.with_suffix(".draft")
    with draft.open("w", encoding="utf-8-sig", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow([column.heading for column in COLUMNS])
        writer.writerows([row[code] for code in CODES] for row in rows)
    draft.rename(file)
