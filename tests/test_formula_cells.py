"""No cell of a table that leaves the house is run by a spreadsheet, whatever a party calls itself."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest
import xlsxwriter  # type: ignore[import-untyped]
from python_calamine import CalamineWorkbook

from services.approval.publication_file.columns import LAYOUT
from services.pages.downloads import sheet
from services.publication_file.refused_rows import refused_rows_file
from services.supervision.statistics import workbook
from services.tables.written import DANGEROUS, escaped
from tests.clerks_rows import natural_person, refused
from tests.invented import MARKET_BUREAU, decision, duty, party
from tests.linkage import Linkage
from tests.test_officers_pages import browser

SERVICES = Path(__file__).parents[1] / "services"
RUN = '=HYPERLINK("http://evil.example","点此")'
VALUES = (RUN, "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1", "\0=1", "＝1+1", "＋1", "－1", "＠SUM(A1)")
WRITES = re.compile(r"\bxlsxwriter\b|csv\.(writer|DictWriter)|\bopenpyxl\b|text/csv")
INVENTED = {"services/tables/written.py", "services/sample_city/files.py", "services/sample_city/stories/penalties.py"}
"""The one module, and what makes invented files for the demo to import."""
NAMES_A_KIND = {"services/access/audited_answers.py"}


def cells(book: bytes) -> list[str]:
    read = CalamineWorkbook.from_filelike(io.BytesIO(book))
    return [str(cell) for name in read.sheet_names for row in read.get_sheet_by_name(name).to_python() for cell in row]


def runs(texts: list[str]) -> list[str]:
    return [one for one in texts if len(one) > 1 and one[0] in DANGEROUS]


def formulas(book: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        return sum(parts.read(one).count(b"<f>") for one in parts.namelist() if "worksheets/" in one)


@pytest.mark.parametrize("value", VALUES)
def test_one_function_makes_any_text_harmless_and_leaves_others_alone(value: str) -> None:
    assert escaped(value) == f"'{value}"
    assert not runs([escaped(value)])
    for harmless in ("", "-", "某公司", "12-3", "a=b", "'=1"):
        assert escaped(harmless) == harmless


def test_only_one_module_of_the_product_writes_tables() -> None:
    found = {
        str(path.relative_to(SERVICES.parent)) for path in SERVICES.rglob("*.py") if WRITES.search(path.read_text())
    }
    assert found == INVENTED | NAMES_A_KIND


def test_refused_rows_figures_and_pages_hand_out_texts_alone(tmp_path: Path) -> None:
    for kind in ("xlsx", "csv"):
        path = tmp_path / f"refused.{kind}"
        with refused_rows_file(path, LAYOUT) as file:
            for value in VALUES:
                file.write(refused(natural_person(XK_JDRQ="昨天", XK_NR=value, BZ=value, XK_XDR_MC=value)))
        if kind == "csv":
            with path.open(encoding="utf-8-sig", newline="") as opened:
                texts = [cell for row in csv.reader(opened) for cell in row]
        else:
            assert formulas(path.read_bytes()) == 0
            texts = cells(path.read_bytes())
        assert not runs(texts)
        assert f"'{RUN}" in texts
    page = sheet((RUN, "名称"), [VALUES])
    assert (runs(cells(page)), formulas(page)) == ([], 0)
    said = {
        "from": "2026-01-01", "to": "2026-12-31", "dates_in_words": RUN, "as_of": "2026-11-24T04:00:00+00:00",
        "definitions": {"pushed": {"name": RUN, "means": ""}}, "by": ["department"],
        "rows": [],
    }  # fmt: skip
    assert (runs(cells(workbook(said))), formulas(workbook(said))) == ([], 0)


def test_a_watch_list_with_such_a_party_is_taken_away_as_text(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.publish(decision(permit_number="+1+1", party=party(name=RUN)))
    book = browser(linkage).get(f"/departments/{MARKET_BUREAU}/book").content
    texts = cells(book)
    assert (runs(texts), formulas(book)) == ([], 0)
    assert f"'{RUN}" in texts


def test_what_a_plain_writer_makes_of_it_is_found() -> None:
    """The broken variant: the libraries as they come."""
    into = io.BytesIO()
    with xlsxwriter.Workbook(into, {"in_memory": True}) as book:
        page = book.add_worksheet()
        page.write(0, 0, RUN)
        page.write_string(0, 1, "@SUM(A1)")
    assert formulas(into.getvalue()) == 1
    assert "@SUM(A1)" in runs(cells(into.getvalue()))
    lines = io.StringIO()
    csv.writer(lines).writerow(VALUES)
    lines.seek(0)
    assert len(runs(next(csv.reader(lines)))) == len(VALUES)
