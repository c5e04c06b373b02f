"""A file of penalties handed in on a page: good rows go through, the others are repaired where they are shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.pages.seats import Role
from services.publication_file import kept_rows
from services.supervision.office import Office
from services.supervision.penalty_file.columns import CODES, LAYOUT
from services.tables.rows import table_rows
from tests.clerks_rows import PERSON, write_csv
from tests.invented import HEALTH_BUREAU, duty
from tests.linkage import Linkage
from tests.penalties import DirectRegister
from tests.test_officers_pages import browser
from tests.test_penalties_file import row

GOOD = row(CF_WSH="一号")
IN_YUAN = row(CF_WSH="二号", CF_NR_FK="2000")
NO_NUMBER = row(
    CF_WSH="", CF_XDR_LB="自然人", CF_XDR_MC="欧阳虚构", CF_XDR_SHXYM="", CF_FRDB="", CF_XDR_ZJLX="身份证",
    CF_XDR_ZJHM=PERSON,
)  # fmt: skip


@pytest.fixture
def officer(linkage: Linkage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    kept = tmp_path / "kept"
    kept.mkdir()
    monkeypatch.setattr(kept_rows, "folder", lambda: kept)
    linkage.duties(duty())
    return browser(linkage)  # type: ignore[no-any-return]


def hands_in(officer: TestClient, folder: Path, *rows: Mapping[str, str], **form: str) -> Any:
    path = write_csv(folder / "处罚.csv", [CODES, *([one[code] for code in CODES] for one in rows)])
    return officer.post("/penalties/import", data=form, files={"file": (path.name, path.read_bytes())})


def numbers(linkage: Linkage) -> set[str]:
    return {number for (number,) in linkage.rows("SELECT document_number FROM penalties")}


def test_refused_rows_are_repaired_in_the_page_and_only_what_was_changed_is_handed_in_again(
    linkage: Linkage, officer: TestClient, tmp_path: Path
) -> None:
    answer = hands_in(officer, tmp_path, GOOD, IN_YUAN, NO_NUMBER)
    here = answer.headers["location"]
    assert (answer.status_code, numbers(linkage)) == (303, {"一号"})
    page = officer.get(here)
    for words in ("共 3 行：新登记 1 件", "2 行未通过", "第 3 行", "第 4 行", "应填 0.2", "请填写行政处罚决定书文号"):
        assert words in page.text, words
    assert re.search(r'name="3.CF_NR_FK" value="2000"[^>]*aria-invalid', page.text)
    assert "欧阳虚构" not in here + str(answer.headers)
    assert "待修改</th>" in officer.get("/penalties/import").text

    nothing = officer.post(here, data={"3.CF_NR_FK": "2000", "4.CF_WSH": ""})
    assert (nothing.status_code, "没有一行改动过" in nothing.text) == (422, True)
    still = officer.post(here, data={"3.CF_NR_FK": "0.2", "4.CF_WSH": "", "4.CF_JDRQ": "昨天"})
    assert (still.status_code, still.headers["location"]) == (303, here)
    page = officer.get(here)
    assert "已登记 1 行；1 行仍未通过" in page.text
    assert "不是可以识别的日期" in page.text
    assert "第 3 行" not in page.text
    assert numbers(linkage) == {"一号", "二号"}

    twice = officer.post(here, data={"3.CF_NR_FK": "0.2"})
    assert twice.status_code == 303
    assert "还有 1 行待修改" in officer.get(here).text
    last = officer.post(here, data={"4.CF_WSH": "三号", "4.CF_JDRQ": "2026-11-20"})
    assert last.headers["location"] == "/penalties"
    assert numbers(linkage) == {"一号", "二号", "三号"}
    assert officer.get(here).status_code == 404
    assert "待修改</th>" not in officer.get("/penalties/import").text
    assert list(kept_rows.folder().glob("*.rows")) == []


def test_the_file_of_refused_rows_comes_back_repaired_and_each_row_is_known_by_its_number(
    linkage: Linkage, officer: TestClient, tmp_path: Path
) -> None:
    here = hands_in(officer, tmp_path, GOOD, IN_YUAN, NO_NUMBER).headers["location"]
    fetched = tmp_path / "refused.xlsx"
    fetched.write_bytes(officer.get(here, params={"form": "xlsx"}).content)
    sheet = [cells for _, cells in table_rows(fetched, len)]
    amount = sheet[0].index(LAYOUT.by_code["CF_NR_FK"].heading)
    assert (sheet[1][0], sheet[1][amount]) == ("3", "2000")
    sheet[1][amount] = "0.2"
    mended = write_csv(tmp_path / "mended.csv", sheet)
    back = officer.post(f"{here}/repaired", files={"file": (mended.name, mended.read_bytes())})
    assert back.status_code == 303, back.text
    assert numbers(linkage) == {"一号", "二号"}
    assert "1 行仍未通过" in officer.get(here).text
    nothing = officer.post(f"{here}/repaired")
    assert (nothing.status_code, "还没有选择要上传的文件" in nothing.text) == (422, True)


def test_a_row_need_not_be_handed_in_and_one_that_was_right_goes_through_when_the_other_side_is_back(
    linkage: Linkage, officer: TestClient, tmp_path: Path
) -> None:
    office: Office = officer.app.state.office  # type: ignore[attr-defined]
    register = office.penalties.register
    assert isinstance(register, DirectRegister)
    register.away = True
    here = hands_in(officer, tmp_path, GOOD, IN_YUAN).headers["location"]
    assert "暂时无法向审批侧核对" in officer.get(here).text
    register.away = False
    done = officer.post(here, data={"2.way": "again", "3.way": "drop", "3.CF_NR_FK": "0.2"})
    assert done.headers["location"] == "/penalties"
    assert "已登记 1 行；1 行不再报送" in officer.get("/penalties").text
    assert numbers(linkage) == {"一号"}


def test_known_penalties_with_another_content_are_refused_or_with_a_reason_amended(
    linkage: Linkage, officer: TestClient, tmp_path: Path
) -> None:
    assert hands_in(officer, tmp_path, GOOD).headers["location"] == "/penalties"
    changed = GOOD | {"CF_NR": "罚款1000元", "CF_NR_FK": "0.1"}
    here = hands_in(officer, tmp_path, changed).headers["location"]
    assert "不能再次登记不同的内容" in officer.get(here).text
    amended = hands_in(officer, tmp_path, changed, amending="行政复议变更")
    assert amended.headers["location"] == "/penalties"
    ((penalty, fine),) = linkage.rows("SELECT penalty, facts->>'fine' FROM penalties")
    assert fine == "0.1"
    assert "行政复议变更" in browser(linkage, role=Role.COORDINATOR).get(f"/penalties/{penalty}").text


def test_a_file_that_is_none_is_refused_in_place_and_a_template_is_there(officer: TestClient, tmp_path: Path) -> None:
    nothing = officer.post("/penalties/import")
    assert (nothing.status_code, "还没有选择要上传的文件" in nothing.text) == (422, True)
    spoiled = officer.post("/penalties/import", files={"file": ("a.xlsx", b"PK nothing")})
    assert (spoiled.status_code, "文件无法读取" in spoiled.text) == (422, True)
    template = tmp_path / "template.xlsx"
    template.write_bytes(officer.get("/penalties/import", params={"form": "template"}).content)
    (headings,) = [cells for _, cells in table_rows(template, len)]
    assert headings == [column.heading for column in LAYOUT.columns]


def test_refused_rows_are_the_departments_own(linkage: Linkage, officer: TestClient, tmp_path: Path) -> None:
    here = hands_in(officer, tmp_path, IN_YUAN).headers["location"]
    other = browser(linkage, department=HEALTH_BUREAU)
    assert other.get(here).status_code == 404
    assert other.post(here, data={"2.CF_NR_FK": "0.2"}).status_code == 404
    assert "去修改" not in other.get("/penalties/import").text
    for role in (Role.COORDINATOR, Role.OPERATOR):
        reader = browser(linkage, role=role)
        assert reader.get("/penalties/import").status_code == 403
        assert hands_in(reader, tmp_path, GOOD).status_code == 403
    (kept,) = kept_rows.folder().glob("*.rows")
    assert kept.stat().st_mode & 0o077 == 0


def test_many_rows_are_shown_page_by_page(officer: TestClient, tmp_path: Path) -> None:
    here = hands_in(officer, tmp_path, *(row(CF_WSH=f"{n}号", CF_NR_FK="2000") for n in range(12))).headers["location"]
    first = officer.get(here)
    assert (first.text.count("<legend>"), len(first.content) < 100_000) == (10, True)
    following = first.text.split('rel="next"')[0].split('href="')[-1].split('"')[0]
    assert officer.get(following).text.count("<legend>") == 2
