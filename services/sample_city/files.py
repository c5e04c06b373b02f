"""The files of the invented city, as a real one would hand them in."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped]

from services.approval.place_register import BODY_HEADINGS, MATTER_HEADINGS
from services.approval.publication_file.columns import COLUMNS
from services.sample_city.city import City, Matter, haizhou
from services.sample_city.codes import CITY
from services.sample_city.permits import rows
from services.supervision.code_file import HEADINGS as MAPPING_HEADINGS
from services.supervision.duty_file import HEADINGS as DUTY_HEADINGS

SINCE = "2020-01-01"
HANDED_OVER, HANDED_TO = "升放气球许可", 3
"""The matter that another department (by index) supervises from next year on."""
RENUMBERED, OLD_CODE, OLD_DISTRICT = "公共场所卫生许可", "000130900056", "990105"


@dataclass(frozen=True, slots=True)
class CityFiles:
    """Where the files of the city are."""

    bodies: Path
    matters: Path
    duties: Path
    permits: Path
    mappings: Path

    @classmethod
    def within(cls, folder: Path) -> CityFiles:
        return cls(
            folder / "bodies.csv", folder / "matters.csv", folder / "duties.xlsx", folder / "permits.csv",
            folder / "mappings.csv",
        )  # fmt: skip


def write_city(folder: Path, today: date, *, permits: int = 2000, seed: int = 1) -> CityFiles:
    """Write every file of the city into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    city = haizhou()
    files = CityFiles.within(folder)
    _csv(
        files.bodies, BODY_HEADINGS, ([b.code, b.name, b.region, b.level, SINCE, ""] for b in city.bodies), "utf-8-sig"
    )
    _csv(
        files.matters,
        MATTER_HEADINGS,
        (["*", m.certificate, "*", "*", m.code, SINCE, ""] for m in city.matters),
        "utf-8-sig",
    )
    _xlsx(files.duties, DUTY_HEADINGS, duty_rows(city, today))
    _csv(files.mappings, MAPPING_HEADINGS, mapping_rows(city), "utf-8-sig")
    write_permits(files.permits, permits, today, seed=seed, encoding="gb18030")
    return files


def duty_rows(city: City, today: date) -> Iterable[list[str]]:
    """Yield the duty list: every covered matter for the whole city. One matter goes to another department next year."""
    change = date(today.year + 1, 1, 1)
    for matter in city.matters:
        if not matter.covered:
            continue
        if matter.name == HANDED_OVER:
            yield _duty(city, matter, matter.lead, SINCE, f"{change - timedelta(days=1)}")
            yield _duty(city, matter, HANDED_TO, f"{change}", "")
        else:
            yield _duty(city, matter, matter.lead, SINCE, "")


def _duty(city: City, matter: Matter, leading: int, since: str, until: str) -> list[str]:
    lead = city.department(leading)
    return [
        matter.code, matter.name, CITY, "*", lead, city.departments[lead],
        "；".join(city.department(other) for other in matter.others),
        "签收认领" if int(matter.code[-3:]) % 4 == 0 else "推送即认领", "3",
        "《中华人民共和国行政许可法》第六十一条", f"0990-8{leading:03d}100", since, until,
    ]  # fmt: skip


def mapping_rows(city: City) -> Iterable[list[str]]:
    """Yield what old codes stand for: a matter that was renumbered, a district that became part of another."""
    baths = next(matter for matter in city.matters if matter.name == RENUMBERED)
    yield ["事项", OLD_CODE, baths.code, "", "", SINCE, "", "事项目录重新编号"]
    yield ["区划", OLD_DISTRICT, "990104", "", "", SINCE, "", "并入临海区"]


def write_permits(
    path: Path, count: int, today: date, *, seed: int = 1, encoding: str = "utf-8", defects: bool = True
) -> None:
    """Write a 双公示 permits file (exactly its 28 columns): CSV, or XLSX when ``path`` says so."""
    found = rows(haizhou(), count, seed, today, defects=defects)
    codes = [column.code for column in COLUMNS]
    headings = [column.heading for column in COLUMNS]
    cells = ([row.get(code, "") for code in codes] for row in found)
    if path.suffix == ".xlsx":
        _xlsx(path, headings, cells)
    else:
        _csv(path, headings, cells, encoding)


def _csv(path: Path, headings: Sequence[str], cells: Iterable[Sequence[str]], encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headings)
        writer.writerows(cells)


def _xlsx(path: Path, headings: Sequence[str], cells: Iterable[Sequence[str]]) -> None:
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate((headings, *cells)):
            for column, text in enumerate(row):
                sheet.write_string(number, column, text)
