"""A clerk hands in a file on a page: good rows are published at once, bad ones repaired where they stand."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from playwright.sync_api import Browser
from python_calamine import CalamineWorkbook

from docs.every_page import BUREAU as TOWN_BUREAU
from docs.every_page import Screen
from docs.pictures import seated
from events.approval import BodyRegistered, Level, MatterMapped
from events.database import raw
from services import uploads
from services.approval import importing
from services.approval.allowed_codes import allow
from services.approval.http import Office, application, key_token
from services.approval.pages import uploading
from services.approval.place_register import take_entries
from services.approval.publication_file.columns import LAYOUT
from services.approval.publication_file.wording import PENALTY_FILE
from services.pages.seats import Role, Seat
from services.publication_file.reading import open_published
from services.sample_city.city import haizhou
from services.sample_city.permits import rows as city_rows
from tests.clerks_rows import BUREAU, PERSON, TODAY, lines, natural_person, row, write_csv, write_xlsx
from tests.invented import FOOD, duty
from tests.linkage import MASTER, Linkage
from tests.running_town import RunningTown

GOOD = (row(XK_WSH="一号", XK_XKBH="P1"), row(XK_WSH="二号", XK_XKBH="P2"))
BAD = natural_person(XK_WSH="", XK_XKBH="", XK_JDRQ="昨天")
OTHER_BUREAU = "11990100MB0000009X"


@pytest.fixture
def town(linkage: Linkage) -> Linkage:
    since: dict[str, Any] = {"valid_from": "2020-01-01"}
    body = BodyRegistered.model_validate(
        since | {"body": BUREAU, "name": "海州市行政审批局", "region_code": "990100", "level": Level.CITY}
    )
    every = dict.fromkeys(("body", "document_name", "content"), "*")
    matter = MatterMapped.model_validate(since | every | {"certificate_name": "食品经营许可证", "matter_code": FOOD})
    take_entries(linkage.approval, [body, matter], linkage.now())
    linkage.duties(duty())
    return linkage


@pytest.fixture
def office(town: Linkage) -> Iterator[Office]:
    office = Office(town.approval, town.desk, key_token(MASTER), now=town.now)
    yield office
    office.files.finish()


@pytest.fixture
def clerk(office: Office) -> TestClient:
    return seat(office)


def seat(office: Office, body: str = BUREAU, role: Role = Role.CLERK) -> TestClient:
    taken = {"seat-approval": Seat(role, body, "1001").as_cookie()}
    return TestClient(application(office), headers={"Accept": "text/html"}, cookies=taken)


def upload(clerk: TestClient, path: Path, **form: str) -> Response:
    return clerk.post("/files", data=form, files={"file": (path.name, path.read_bytes())})


def counts(page: str) -> dict[str, int]:
    found = re.findall(r'<th scope="row">([^<]+)</th><td class="number">(\d+)</td>', page)
    return {words: int(number) for words, number in found}


def published(linkage: Linkage) -> int:
    ((number,),) = linkage.rows("SELECT count(*) FROM batch_entries", side="approval")
    return int(number)


def test_two_rows_of_three_are_published_and_the_third_one_after_it_was_repaired_in_the_page(
    clerk: TestClient, town: Linkage, tmp_path: Path
) -> None:
    shown = upload(clerk, write_xlsx(tmp_path / "十一月.xlsx", lines([*GOOD, BAD])))
    here = shown.url.path
    assert counts(shown.text) == {"新登记": 2, "以前已登记": 0, "待人工判定": 0, "未通过": 1, "合计": 3}
    assert "十一月.xlsx" in shown.text
    assert "决定文书号和许可编号都为空。" in shown.text
    assert "不是可以识别的日期。" in shown.text
    assert published(town) == 2
    still = clerk.post(here, data={"4.XK_WSH": "三号", "4.XK_JDRQ": "昨天", "4.XK_NR": BAD["XK_NR"]})
    assert "1 行仍未通过" in still.text
    assert "决定文书号和许可编号都为空。" not in still.text
    assert 'value="三号"' in still.text
    assert published(town) == 2
    done = clerk.post(here, data={"4.XK_WSH": "三号", "4.XK_JDRQ": "2024/01/05"})
    assert "已登记 1 行" in done.text
    assert "改好通过 1 行" in done.text
    assert "没有待修改的行" in done.text
    assert published(town) == 3
    town.number()
    town.apply()
    ((listed,),) = town.rows("SELECT count(DISTINCT permit) FROM watch_list")
    assert listed == 3
    again = clerk.post(here, data={"4.XK_WSH": "四号", "4.XK_JDRQ": "2024/01/05"})
    assert (again.status_code, published(town)) == (422, 3)


def test_rows_wait_to_be_repaired_when_the_page_was_closed_and_are_counted_where_the_clerk_looks(
    clerk: TestClient, office: Office, tmp_path: Path
) -> None:
    here = upload(clerk, write_csv(tmp_path / "permits.csv", lines([*GOOD, BAD]), "gb18030")).url.path
    later = seat(office)
    for page in ("/", "/published", "/files"):
        assert f'href="{here}' in later.get(page).text, page
    assert "昨天" in later.get(here).text
    assert "未通过" in later.get("/").text
    other = seat(office, OTHER_BUREAU)
    assert other.get(here).status_code == 404
    assert other.post(here, data={"4.XK_WSH": "三号"}).status_code == 404
    assert here not in other.get("/files").text + other.get("/").text
    assert seat(office, "", Role.OPERATOR).get("/files").status_code == 403


def test_what_is_kept_to_be_repaired_is_sealed_and_no_longer_kept_than_that(
    clerk: TestClient, town: Linkage, tmp_path: Path
) -> None:
    here = upload(clerk, write_csv(tmp_path / "某乙.csv", lines([BAD]))).url
    kept = town.rows(
        "SELECT f.sealed, r.sealed FROM file_imports f JOIN refused_rows r USING (import)", side="approval"
    )
    for box in kept[0]:
        assert "某乙".encode() not in box
        assert PERSON.encode() not in box
    assert PERSON not in str(here)
    clerk.post(here.path, data={"2.way": "drop"})
    assert town.rows("SELECT state, staff, sealed FROM refused_rows", side="approval") == [("dropped", "1001", None)]
    assert "不再报送 1 行" in clerk.get(here.path).text


def test_a_row_that_is_right_as_it_is_goes_through_once_the_register_says_so(
    clerk: TestClient, town: Linkage, tmp_path: Path
) -> None:
    unlikely = row(XK_XDR_SHXYM="91990101MA0000001A")
    here = upload(clerk, write_csv(tmp_path / "permits.csv", lines([unlikely]))).url.path
    unchanged = {f"2.{code}": text for code, text in unlikely.items()}
    assert clerk.post(here, data=unchanged).status_code == 422
    assert "1 行仍未通过" in clerk.post(here, data=unchanged | {"2.way": "again"}).text
    with town.approval.begin() as transaction:
        allow(raw(transaction), unlikely["XK_XDR_SHXYM"], "核实无误")
    assert "已登记 1 行" in clerk.post(here, data=unchanged | {"2.way": "again"}).text


def test_the_refused_rows_go_out_as_a_file_and_come_back_repaired(
    clerk: TestClient, town: Linkage, tmp_path: Path
) -> None:
    shown = upload(clerk, write_csv(tmp_path / "permits.csv", lines([BAD, *GOOD, row(XK_XKWS="", XK_XKBH="P4")])))
    here = shown.url.path
    fetched = clerk.get(here, params={"form": "xlsx"})
    sheet = CalamineWorkbook.from_filelike(BytesIO(fetched.content)).get_sheet_by_index(0).to_python()
    headings = sheet[0]
    assert [cells[0] for cells in sheet[1:]] == ["2", "5"]
    sheet[2][headings.index("行政许可决定文书名称")] = "准予行政许可决定书"
    stranger = ["99", *sheet[2][1:]]
    back = write_xlsx(tmp_path / "back.xlsx", [list(map(str, cells)) for cells in [*sheet, stranger]])
    done = clerk.post(f"{here}/repaired", files={"file": (back.name, back.read_bytes())})
    assert "已登记 1 行；1 行仍未通过，请看各行写明的原因；1 行不在待修改的行中，没有处理" in done.text
    assert published(town) == 3
    plain = write_csv(tmp_path / "plain.csv", lines([BAD]))
    unnumbered = clerk.post(f"{here}/repaired", files={"file": (plain.name, plain.read_bytes())})
    assert (unnumbered.status_code, "文件中没有“行号”一栏" in unnumbered.text) == (422, True)


def test_a_mended_file_of_refused_rows_finds_its_import_wherever_it_is_uploaded(
    clerk: TestClient, town: Linkage, tmp_path: Path
) -> None:
    first = upload(clerk, write_csv(tmp_path / "permits.csv", lines([*GOOD, row(XK_XKWS="", XK_XKBH="P4")])))
    fetched = clerk.get(first.url.path, params={"form": "xlsx"})
    name = unquote(fetched.headers["content-disposition"].split("''")[1]).replace(".xlsx", " (1).xlsx")
    sheet = CalamineWorkbook.from_filelike(BytesIO(fetched.content)).get_sheet_by_index(0).to_python()
    sheet[1][sheet[0].index("行政许可决定文书名称")] = "准予行政许可决定书"
    plain = write_csv(tmp_path / name.replace(".xlsx", ".csv"), lines([row(XK_XKBH="P5")]))
    assert upload(clerk, plain).url.path != first.url.path, "without numbers it is a file like any other"
    back = upload(clerk, write_xlsx(tmp_path / name, [list(map(str, cells)) for cells in sheet]))
    assert back.url.path == first.url.path
    assert "已登记 1 行" in back.text
    assert "没有待修改的行" in back.text
    assert clerk.get("/files").text.count('aria-label="查看') == 2
    assert published(town) == 4


def test_the_same_file_again_is_the_same_import_and_what_was_repaired_stays_so(
    clerk: TestClient, town: Linkage, tmp_path: Path
) -> None:
    file = write_csv(tmp_path / "permits.csv", lines([*GOOD, BAD]))
    first = upload(clerk, file, key="k-1")
    assert counts(upload(clerk, file, key="k-1").text) == counts(first.text)
    clerk.post(first.url.path, data={"4.XK_WSH": "三号", "4.XK_JDRQ": "2024/01/05"})
    again = upload(clerk, file, key="k-2")
    assert again.url.path == first.url.path
    assert counts(again.text) == {"新登记": 0, "以前已登记": 2, "待人工判定": 0, "未通过": 1, "合计": 3}
    assert "待修改 0 行，改好通过 1 行" in again.text
    assert published(town) == 3


def test_a_row_that_waits_for_a_person_is_found_under_the_name_of_its_file(clerk: TestClient, tmp_path: Path) -> None:
    here = upload(clerk, write_csv(tmp_path / "九月.csv", lines([row(XK_XKZS="来历不明的证书")]))).url.path
    assert f'<a href="{here}">九月.csv</a>' in clerk.get("/waiting").text
    assert "九月.csv 第 2 行" in clerk.get("/").text


def test_a_correction_says_that_what_differs_was_wrong_before(clerk: TestClient, town: Linkage, tmp_path: Path) -> None:
    upload(clerk, write_csv(tmp_path / "permits.csv", lines(GOOD[:1])))
    put_right = write_csv(tmp_path / "right.csv", lines([GOOD[0] | {"XK_NR": "冷食类食品制售", "XK_FRDB": ""}]))
    here = upload(clerk, put_right, manner="correction").url.path
    assert "已登记 1 行" in clerk.post(here, data={"2.XK_FRDB": "某甲"}).text
    kinds = town.rows("SELECT type FROM outbox WHERE type LIKE 'permit%%' ORDER BY id", side="approval")
    assert [kind for (kind,) in kinds] == ["permit_granted", "permit_corrected"]


SPOILED = {
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"0" * 50, "不是表格"),
    "a torn workbook": (b"PK\x03\x04 torn", "文件已损坏"),
    "an empty file": (b"", "文件是空的"),
    "a text without headings": ("这不是表格\n也没有表头\n".encode(), "没有找到表头"),
    "headings alone": (",".join(LAYOUT.by_code).encode(), "文件只有表头"),
    "headings by code and by name alone": (
        (",".join(LAYOUT.by_code) + "\n" + ",".join(c.heading for c in LAYOUT.columns)).encode(), "文件只有表头",
    ),
    "a column too few": (",".join(list(LAYOUT.by_code)[1:]).encode() + b"\n1", "缺少必需的栏目"),
    "penalties": (",".join(c.replace("XK_", "CF_") for c in LAYOUT.by_code).encode() + b"\n1", PENALTY_FILE.reason),
}  # fmt: skip


@pytest.mark.parametrize(("content", "said"), SPOILED.values(), ids=SPOILED)
def test_a_file_that_cannot_be_read_is_refused_above_the_form_with_what_to_do(
    clerk: TestClient, town: Linkage, tmp_path: Path, content: bytes, said: str
) -> None:
    answer = clerk.post("/files", files={"file": ("permits.xlsx", content)})
    assert answer.status_code == 422
    assert said in answer.text
    assert "怎么办：" in answer.text
    assert 'name="file"' in answer.text
    assert "还没有在网页上导入过文件" in answer.text


def test_a_file_that_is_too_large_or_was_not_chosen_is_refused_before_it_is_read(
    clerk: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "没有选择文件" in clerk.post("/files", files={"file": ("", b"")}).text
    monkeypatch.setattr(uploads, "LARGEST_BYTES", 100)
    answer = upload(clerk, write_csv(tmp_path / "permits.csv", lines(GOOD)))
    assert (answer.status_code, "文件过大" in answer.text) == (413, True)


def test_a_file_that_breaks_further_on_keeps_what_was_read_and_says_where(
    clerk: TestClient, town: Linkage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "CHUNK", 2)
    broken = write_csv(tmp_path / "permits.csv", lines([*GOOD, row(XK_XKBH="P3")]))
    with broken.open("a", encoding="utf-8") as file:
        file.write('"没有下文')
    shown = upload(clerk, broken)
    assert "没有导完：" in shown.text
    assert "已收下的行不会重复" in shown.text
    assert counts(shown.text)["新登记"] >= 2
    assert "没有导完" in clerk.get("/files").text


def test_a_long_import_says_how_far_it_is_and_goes_on_without_the_reader(
    clerk: TestClient, office: Office, town: Linkage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploading, "PATIENCE", 0.2)
    monkeypatch.setattr(importing, "CHUNK", 1)
    may_go_on, record = threading.Event(), importing._Taking.record

    def held_at_the_second(self: importing._Taking, chunk: importing._Chunk) -> importing._Chunk:
        if self.summary.rows:
            may_go_on.wait(30)
        return record(self, chunk)

    monkeypatch.setattr(importing._Taking, "record", held_at_the_second)
    file = write_csv(tmp_path / "permits.csv", lines([BAD, *GOOD, row(XK_XKBH="P3"), row(XK_XKBH="P4")]))
    shown = upload(clerk, file, key="k-1")
    here = shown.url.path
    assert "正在导入" in shown.text
    assert 'http-equiv="refresh"' in shown.text
    assert f'hx-get="{here}/now"' in shown.text
    assert "提交修改" not in shown.text, "what is typed would be lost when the page is read anew"
    assert "正在导入" in upload(clerk, file, key="k-2").text
    may_go_on.set()
    for thread in office.files._at_work:
        thread.join(30)
    over = clerk.get(f"{here}/now")
    assert over.headers["hx-refresh"] == "true"
    assert counts(clerk.get(here).text)["新登记"] == 4
    assert published(town) == 4


def test_an_import_ends_with_the_service_and_says_so(
    clerk: TestClient, office: Office, town: Linkage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "CHUNK", 1)
    office.stopping.set()
    stopped = upload(clerk, write_csv(tmp_path / "permits.csv", lines([*GOOD, row(XK_XKBH="P3"), row(XK_XKBH="P4")])))
    assert "系统停机, 导入没有做完。" in stopped.text
    assert counts(stopped.text)["新登记"] == published(town) < 4


def test_what_nobody_foresaw_is_told_without_its_words(
    clerk: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(self: importing._Taking, chunk: importing._Chunk) -> importing._Chunk:
        raise RuntimeError(f"{chunk.ready[0][0].cells}")

    monkeypatch.setattr(importing._Taking, "record", fails)
    shown = upload(clerk, write_csv(tmp_path / "permits.csv", lines(GOOD)))
    assert "系统故障, 导入没有做完。" in shown.text
    said = "".join(capsys.readouterr())
    assert "file_import_failed" in said
    assert GOOD[0]["XK_XDR_MC"] not in said


def test_an_import_that_was_cut_off_is_told_as_one_and_the_file_can_be_handed_in_again(
    clerk: TestClient, town: Linkage, tmp_path: Path
) -> None:
    file = write_csv(tmp_path / "permits.csv", lines(GOOD))
    here = upload(clerk, file).url.path
    town.rows("UPDATE file_imports SET ended = NULL, heard = heard - interval '1 hour' RETURNING 1", side="approval")
    assert "导入中断" in clerk.get(here).text
    assert "已中断" in clerk.get("/files").text
    assert counts(upload(clerk, file).text)["以前已登记"] == 2


def test_the_empty_template_is_read_as_a_file_of_permits(clerk: TestClient, tmp_path: Path) -> None:
    template = tmp_path / "template.xlsx"
    template.write_bytes(clerk.get("/files?form=template").content)
    (headings,) = CalamineWorkbook.from_path(template).get_sheet_by_index(0).to_python()
    filled = write_xlsx(tmp_path / "filled.xlsx", [list(map(str, headings)), lines(GOOD)[1]])
    assert [found.cells for found in open_published(filled, LAYOUT).rows] == [GOOD[0]]


def test_a_clerk_uploads_repairs_and_sees_it_published(
    running_town: RunningTown, browser: Browser, tmp_path: Path
) -> None:
    here = running_town.address("approval")
    mine = [one for one in city_rows(haizhou(), 60, 77, TODAY, defects=False) if one["XK_XKJGDM"] == TOWN_BUREAU][:3]
    good, other, bad = ({**one, "XK_XKBH": f"STORY{n}", "XK_WSH": f"故事{n}号"} for n, one in enumerate(mine))
    sheet = lines(
        [dict.fromkeys(LAYOUT.by_code, "") | one for one in (good, other, bad | {"XK_WSH": "", "XK_XKBH": ""})]
    )
    page = seated(browser, Screen("", "approval", Role.CLERK, "/files"), here).new_page()
    page.goto(f"{here}/files")
    page.get_by_label("文件（XLSX 或 CSV）").set_input_files(write_xlsx(tmp_path / "三行.xlsx", sheet))
    page.get_by_role("button", name="上传并导入").click()
    page.get_by_role("row", name="新登记 2").wait_for()
    page.get_by_label("行政许可决定文书号").fill("故事三号")
    page.get_by_role("button", name="提交修改").click()
    page.get_by_text("已登记 1 行").wait_for()
    page.get_by_role("link", name="看这些决定的送达情况").click()
    assert page.locator("tbody tr").count() == 3
    page.get_by_role("link", name="故事三号").wait_for()
    page.context.close()
