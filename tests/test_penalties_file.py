"""The 双公示 penalties file: good rows go through, and every defect comes back with where, why and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from services.publication_file.defects import RefusedRow, RepeatedRow
from services.publication_file.reading import open_published
from services.publication_file.row_reading import Surroundings
from services.publication_file.summary import Summary
from services.supervision.penalty_desk import PenaltyDesk
from services.supervision.penalty_file.checking import Checked, Checker, PublishedPenalty
from services.supervision.penalty_file.columns import CODES, COLUMNS, LAYOUT
from services.supervision.penalty_importing import Manner, import_penalties
from services.tables.faults import UnreadableFile
from tests import clerks_rows
from tests.clerks_rows import BUREAU, COMPANY, PERSON, SHOP, write_csv, write_xlsx
from tests.invented import decision, duty, party
from tests.linkage import Linkage
from tests.penalties import DirectRegister, desk
from tests.supervision_web import web

TODAY = date(2026, 11, 24)
HEADINGS = tuple(column.heading for column in COLUMNS)


def row(**changes: str) -> dict[str, str]:
    """Return a row that goes through as it is; ``changes`` replace cells by column code."""
    return dict.fromkeys(CODES, "") | {
        "CF_XDR_MC": "海州市虚构餐饮管理有限公司",
        "CF_XDR_LB": "法人及非法人组织",
        "CF_XDR_SHXYM": COMPANY,
        "CF_FRDB": "某甲",
        "CF_WSH": "海市监罚〔2026〕17号",
        "CF_WFXW": "超范围经营",
        "CF_SY": "超出载明的经营项目",
        "CF_YJ": "《食品经营许可和备案管理办法》第五十二条",
        "CF_CFLB": "罚款",
        "CF_NR": "罚款2000元",
        "CF_NR_FK": "0.2",
        "CF_NR_ZKDX": "食品经营许可证 JY29901010000001",
        "CF_JDRQ": "2026/11/20",
        "CF_YXQ": "2027/11/19",
        "CF_GSJZQ": "2027-11-19",
        "CF_CFJG": "海州市市场监督管理局",
        "CF_CFJGDM": BUREAU,
    } | changes  # fmt: skip


PERSONAL = {"CF_XDR_LB": "自然人", "CF_XDR_ZJLX": "身份证"}


def check_all(*rows: Mapping[str, str]) -> list[Checked]:
    checker = Checker(Surroundings(TODAY), UUID(int=1))
    return [checker.check(number, cells) for number, cells in enumerate(rows, 2)]


def refused(**changes: str) -> RefusedRow:
    (found,) = check_all(row(**changes))
    assert isinstance(found, RefusedRow), found
    return found


def accepted(**changes: str) -> PublishedPenalty:
    (found,) = check_all(row(**changes))
    assert isinstance(found, PublishedPenalty), found
    return found


def lines(rows: Iterable[Mapping[str, str]], headings: Iterable[str] = HEADINGS) -> list[list[str]]:
    return [list(headings), *([cells[column] for column in CODES] for cells in rows)]


def test_the_layout_has_the_thirty_columns_of_2018() -> None:
    assert len(COLUMNS) == 30
    assert all(LAYOUT.column_named(text) == column.code for column in COLUMNS for text in (column.code, column.heading))


def test_a_row_says_a_penalty() -> None:
    stated = accepted(CF_NR_WFFF="0.035", CF_CFLB="罚款,没收违法所得").stated
    assert (stated.fine, stated.confiscated) == (Decimal("0.2"), Decimal("0.035"))
    assert (stated.decision_date, stated.published_until) == (date(2026, 11, 20), date(2027, 11, 19))
    assert (stated.party.identifier, stated.party.legal_representative) == (COMPANY, "某甲")
    assert (stated.department, stated.certificates) == (BUREAU, "食品经营许可证 JY29901010000001")


@pytest.mark.parametrize(
    ("changes", "column", "code"),
    [
        ({"CF_WSH": ""}, "CF_WSH", "required"),
        ({"CF_WSH": "暂无"}, "CF_WSH", "placeholder"),
        ({"CF_SY": ""}, "CF_SY", "required"),
        ({"CF_XDR_SHXYM": "00000000000000000X"}, "CF_XDR_SHXYM", "placeholder"),
        ({"CF_XDR_SHXYM": "3.3010219900101E+17"}, "CF_XDR_SHXYM", "lost_digits"),
        ({"CF_XDR_SHXYM": COMPANY[:-1] + ("0" if COMPANY[-1] != "0" else "1")}, "CF_XDR_SHXYM", "bad_uscc"),
        ({"CF_XDR_SHXYM": SHOP}, "CF_XDR_LB", "business_as_legal"),
        ({"CF_XDR_LB": "个体工商户"}, "CF_XDR_LB", "legal_as_business"),
        ({"CF_XDR_LB": "其他"}, "CF_XDR_LB", "unknown_kind"),
        ({"CF_FRDB": ""}, "CF_FRDB", "required"),
        (PERSONAL | {"CF_XDR_ZJHM": PERSON[:-1] + "0"}, "CF_XDR_ZJHM", "bad_identity_number"),
        ({"CF_CFJGDM": "00000000000000000X"}, "CF_CFJGDM", "placeholder_body"),
        ({"CF_JDRQ": "1900-1-1"}, "CF_JDRQ", "placeholder"),
        ({"CF_JDRQ": "2026/11/25"}, "CF_JDRQ", "future_decision"),
        ({"CF_JDRQ": "5/1/26"}, "CF_JDRQ", "bad_date"),
        ({"CF_YXQ": "2026/11/19"}, "CF_YXQ", "end_before_start"),
        ({"CF_GSJZQ": "2020/01/01"}, "CF_GSJZQ", "end_before_start"),
        ({"CF_NR_FK": "2000"}, "CF_NR_FK", "amount_in_yuan"),
        ({"CF_NR_FK": "2000元"}, "CF_NR_FK", "amount_in_yuan"),
        ({"CF_NR_FK": "若干"}, "CF_NR_FK", "bad_amount"),
        ({"CF_NR_FK": "-0.2"}, "CF_NR_FK", "bad_amount"),
        ({"CF_NR_FK": "0.20000001"}, "CF_NR_FK", "bad_amount"),
        ({"CF_NR_FK": ""}, "CF_NR_FK", "amount_needed"),
        ({"CF_CFLB": "没收违法所得"}, "CF_NR_WFFF", "amount_needed"),
        ({"CF_CFLB": "吊销许可证", "CF_NR_ZKDX": "无"}, "CF_NR_ZKDX", "certificate_needed"),
        ({"CF_NR": "内容\ufffd"}, "CF_NR", "unreadable_text"),
    ],
)  # fmt: skip
def test_each_defect_is_named_with_its_column_and_what_to_do(changes: dict[str, str], column: str, code: str) -> None:
    found = refused(**changes)
    assert [(one.column, one.code) for one in found.defects] == [(column, code)]
    assert all(one.reason and one.repair for one in found.defects)
    assert found.defects[0].value == row(**changes)[column]


def test_an_amount_in_yuan_comes_back_with_the_right_one() -> None:
    (one,) = refused(CF_NR_FK="2000元").defects
    assert "0.2" in one.repair
    (other,) = refused(CF_NR_FK="2000").defects
    assert "应填 0.2" in other.reason


def test_all_defects_of_a_row_are_found_at_once() -> None:
    found = refused(CF_WSH="", CF_JDRQ="2027/01/01", CF_NR_FK="若干", CF_XDR_SHXYM="X")
    assert {one.column for one in found.defects} == {"CF_WSH", "CF_JDRQ", "CF_NR_FK", "CF_XDR_SHXYM"}


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"CF_XDR_SHXYM": COMPANY.lower()}, "department", BUREAU),
        ({"CF_NR_FK": "０．２"}, "fine", Decimal("0.2")),
        ({"CF_NR_FK": "0.2万元"}, "fine", Decimal("0.2")),
        ({"CF_NR_FK": "0.20000000000000001"}, "fine", Decimal("0.2")),
        ({"CF_NR": "罚款1200万元", "CF_NR_FK": "1,200"}, "fine", Decimal(1200)),
        ({"CF_YXQ": "2099/12/31"}, "valid_to", None),
        ({"CF_YXQ": "暂无"}, "valid_to", None),
        ({"CF_GSJZQ": "1900/1/1"}, "published_until", None),
        ({"CF_NR_ZKDX": "暂无"}, "certificates", ""),
    ],
)  # fmt: skip
def test_what_only_is_written_otherwise_goes_through(changes: dict[str, str], field: str, value: object) -> None:
    assert getattr(accepted(**changes).stated, field) == value


def test_one_number_twice_is_a_repeat_or_a_conflict_and_one_code_has_one_name() -> None:
    first, same, other, named = check_all(
        row(), row(), row(CF_NR_FK="0.3", CF_NR="罚款3000元"), row(CF_WSH="2", CF_XDR_MC="海州市另一公司")
    )
    assert isinstance(first, PublishedPenalty)
    assert same == RepeatedRow(3, 2)
    assert isinstance(other, RefusedRow)
    assert [(one.column, one.code) for one in other.defects] == [("CF_WSH", "conflicting")]
    assert isinstance(named, RefusedRow)
    assert [(one.column, one.code) for one in named.defects] == [("CF_XDR_MC", "other_name")]


def test_a_permits_file_is_told_apart(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "permits.csv", clerks_rows.lines([clerks_rows.row()]))
    with pytest.raises(UnreadableFile, match="这是行政许可文件"):
        open_published(path, LAYOUT)


def test_no_text_for_a_log_holds_a_value() -> None:
    assert "某甲" not in repr(accepted())
    assert "超出" not in repr(refused(CF_XDR_SHXYM="X", CF_SY="超出\ufffd"))


GOOD = [row(CF_WSH=f"罚{number}号") for number in range(3)]
BAD = [row(CF_WSH="坏1号", CF_NR_FK="2000"), row(CF_WSH="")]


@pytest.mark.parametrize("kind", ["csv", "csv with BOM", "GB18030", "xlsx", "codes"])
def test_good_rows_go_through_and_the_same_file_again_changes_nothing(
    linkage: Linkage, tmp_path: Path, kind: str
) -> None:
    sheet = lines([*GOOD, *BAD], CODES if kind == "codes" else HEADINGS)
    encoding = {"csv with BOM": "utf-8-sig", "GB18030": "gb18030"}.get(kind, "utf-8")
    file = tmp_path / "penalties"
    write = write_xlsx(file, sheet) if kind == "xlsx" else write_csv(file, sheet, encoding)
    first = take(linkage, write)
    assert (first.rows, first.events, first.known, first.refused, first.waiting) == (5, 3, 0, 2, 3)
    again = take(linkage, write)
    assert (again.events, again.known, again.refused) == (0, 3, 2)
    batches = linkage.rows("SELECT DISTINCT data::jsonb ->> 'batch' FROM outbox WHERE type = 'penalty_imposed'")
    assert batches == [(str(first.batch),)]


def take(linkage: Linkage, file: Path, manner: Manner | None = None, **more: Any) -> Summary:
    return import_penalties(desk(linkage), file, manner or Manner(), **more)


def test_refused_rows_come_back_to_be_mended_in_place(linkage: Linkage, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "penalties.csv", lines([*GOOD, *BAD]))
    back = tmp_path / "refused.csv"
    take(linkage, file, refused_to=back)
    text = back.read_text("utf-8-sig")
    assert "应填 0.2" in text
    back.write_text(text.replace(",2000,", ",0.2,").replace("坏1号", "好1号"), "utf-8-sig")
    mended = take(linkage, back)
    assert (mended.rows, mended.events, mended.refused) == (2, 1, 1)


def test_what_is_recorded_with_another_content_is_refused_or_amended_with_a_reason(
    linkage: Linkage, tmp_path: Path
) -> None:
    take(linkage, write_csv(tmp_path / "first.csv", lines(GOOD)))
    changed = write_csv(
        tmp_path / "second.csv", lines([GOOD[0] | {"CF_NR": "罚款1000元", "CF_NR_FK": "0.1"}, *GOOD[1:]])
    )
    refused = take(linkage, changed)
    assert (refused.refused, refused.known, refused.first_refused[0]["column"]) == (1, 2, "CF_WSH")
    amended = take(linkage, changed, Manner(amending="复议变更", officer="S-0417"))
    assert (amended.events, amended.known, amended.refused) == (1, 2, 0)
    assert linkage.rows("SELECT count(*) FROM outbox WHERE type = 'penalty_amended'") == [(1,)]


def test_a_row_of_the_file_marks_the_permit_that_it_names(linkage: Linkage, tmp_path: Path) -> None:
    linkage.duties(duty())
    (granted,) = linkage.publish(decision(party=party(identifier=COMPANY), permit_number="JY29901010000001"))
    summary = take(linkage, write_csv(tmp_path / "penalties.csv", lines(GOOD[:1])))
    assert summary.waiting == 0
    assert linkage.rows("SELECT permit, how FROM penalty_permits") == [(granted.permit, "certificate")]


def test_while_nobody_says_who_the_parties_are_rows_come_back_to_be_sent_again(
    linkage: Linkage, tmp_path: Path
) -> None:
    register = DirectRegister(linkage)
    register.away = True
    office = PenaltyDesk(linkage.supervision, register, linkage.now)
    file = write_csv(tmp_path / "penalties.csv", lines(GOOD))
    away = import_penalties(office, file, Manner(), refused_to=tmp_path / "back.xlsx")
    assert (away.events, away.refused) == (0, 3)
    assert "重新提交" in away.first_refused[0]["repair"]
    register.away = False
    assert import_penalties(office, tmp_path / "back.xlsx", Manner()).events == 3


def test_a_file_is_uploaded_and_its_refused_rows_are_fetched(linkage: Linkage, tmp_path: Path) -> None:
    department = TestClient(web(linkage))
    file = write_xlsx(tmp_path / "penalties.xlsx", lines([*GOOD, *BAD]))
    answer = department.post("/api/v1/penalties/files", files={"file": (file.name, file.read_bytes())}).json()
    assert (answer["events"], answer["refused"]) == (3, 2)
    back = tmp_path / "back.xlsx"
    back.write_bytes(department.get(answer["refused_rows"]).content)
    assert [found.cells["CF_WSH"] for found in open_published(back, LAYOUT).rows] == ["坏1号", ""]
