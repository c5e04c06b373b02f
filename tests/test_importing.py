"""A real permits file, through the desk, as clerks hand it in."""

from __future__ import annotations

import csv
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from events.approval import MatterMapped
from events.database import raw
from services.approval import importing
from services.approval.allowed_codes import allow, allowed
from services.approval.decision import Kind
from services.approval.http import Office, application
from services.approval.importing import Manner, import_permits
from services.approval.place_register import read_bodies, read_matters, take_entries
from services.approval.publication_file.columns import COLUMNS
from services.approval.retrying import retry_waiting
from services.publication_file.summary import Summary
from services.sample_city.city import haizhou
from services.sample_city.codes import credit_code
from services.sample_city.files import CityFiles, write_city, write_permits
from services.sample_city.permits import Row, rows
from services.supervision.duty_file import read_duty_file
from services.supervision.duty_register import take_duties
from services.tables.faults import UnreadableFile
from tests.invented import TODAY
from tests.linkage import Linkage

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)


@pytest.fixture
def city(linkage: Linkage, tmp_path: Path) -> CityFiles:
    files = write_city(tmp_path / "city", TODAY, permits=400)
    entries = read_bodies(files.bodies).entries + read_matters(files.matters).entries
    take_entries(linkage.approval, entries, NOW)
    duties = read_duty_file(files.duties)
    assert not duties.refused
    take_duties(linkage.supervision, duties.entries, duties.departments, NOW)
    return files


def imported(linkage: Linkage, path: Path, manner: Manner | None = None) -> Summary:
    return import_permits(linkage.desk, path, manner or Manner(), refused_to=path.with_suffix(".refused.csv"))


def written(path: Path, *said: Row) -> Path:
    codes = [column.code for column in COLUMNS]
    lines = [",".join(codes)] + [",".join(row.get(code, "") for code in codes) for row in said]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def row(number: int = 0, **changes: str) -> Row:
    found = list(rows(haizhou(), number + 1, 5, TODAY, defects=False))[number]
    return found | changes


def test_the_good_rows_of_a_citys_file_stand_in_the_lists_and_the_bad_ones_come_back(
    linkage: Linkage, city: CityFiles
) -> None:
    summary = imported(linkage, city.permits)
    assert (summary.rows, summary.events, summary.refused, summary.waiting) == (400, 395, 5, 0)
    linkage.number()
    linkage.apply()
    listed = linkage.rows("SELECT count(DISTINCT permit) FROM watch_list")[0][0]
    waiting = len(linkage.waiting())
    permits = linkage.rows(
        "SELECT count(*) FROM streams WHERE stream IN (SELECT permit FROM permit_numbers)", side="approval"
    )[0][0]
    assert listed + waiting == permits
    assert city.permits.with_suffix(".refused.csv").read_text("utf-8-sig").count("准予行政许可决定书") >= 3


def test_the_same_file_again_changes_nothing_and_reports_all_as_already_known(
    linkage: Linkage, city: CityFiles
) -> None:
    first = imported(linkage, city.permits)
    again = imported(linkage, city.permits)
    assert (again.batch, again.events, again.known) == (first.batch, 0, first.events)
    assert linkage.number() == first.events + len(read_bodies(city.bodies).entries) + 200


def test_a_later_row_about_a_known_number_is_read_as_what_it_says(linkage: Linkage, city: CityFiles) -> None:
    base = row(XK_YXQZI="2027/01/01")
    later = {"XK_JDRQ": "2026/11/01", "XK_WSH": "后续1号"}
    imported(linkage, written(city.permits, base))
    for changes, event in (
        ({"XK_YXQZI": "2030/01/01"}, "permit_renewed"),
        ({"XK_YXQZI": "2030/01/01", "XK_NR": "准予新的范围"}, "permit_amended"),
        ({"XK_YXQZI": "2030/01/01", "XK_NR": "准予新的范围", "XK_ZT": "注销"}, "permit_surrendered"),
    ):
        assert imported(linkage, written(city.permits, base | later | changes)).events == 1
        ((kind,),) = linkage.rows("SELECT type FROM outbox ORDER BY id DESC LIMIT 1", side="approval")
        assert kind == event


def test_a_row_whose_matter_is_unknown_waits_sealed_and_goes_through_when_the_mapping_is_added(
    linkage: Linkage, city: CityFiles
) -> None:
    summary = imported(linkage, written(city.permits, row(XK_XKZS="新设的许可证")))
    assert (summary.events, summary.waiting) == (0, 1)
    ((sealed,),) = linkage.rows("SELECT sealed FROM waiting_rows", side="approval")
    assert row()["XK_XDR_MC"].encode() not in sealed
    any_body = {"body": "*", "document_name": "*", "content": "*", "valid_from": "2020-01-01"}
    mapped = MatterMapped.model_validate(any_body | {"certificate_name": "新设的许可证", "matter_code": "000131999999"})
    take_entries(linkage.approval, [mapped], NOW)
    assert retry_waiting(linkage.desk) == (1, 0)
    assert linkage.rows("SELECT count(*) FROM waiting_rows", side="approval") == [(0,)]


def test_an_ending_that_does_not_say_how_waits_with_its_candidates_until_a_person_chooses(
    linkage: Linkage, city: CityFiles
) -> None:
    imported(linkage, written(city.permits, row()))
    summary = imported(linkage, written(city.permits, row(XK_ZT="2")))
    assert (summary.events, summary.waiting) == (0, 1)
    ((candidates,),) = linkage.rows("SELECT candidates FROM waiting_rows", side="approval")
    assert candidates == ["注销", "吊销", "撤销", "撤回"]
    assert retry_waiting(linkage.desk, chosen=Kind.SURRENDER) == (1, 0)


def test_opening_stock_is_marked_so_that_no_clock_starts(linkage: Linkage, city: CityFiles) -> None:
    file = written(city.permits, row())
    summary = imported(linkage, file, Manner(opening_stock=True))
    assert [one["decisions"] for one in summary.as_json()["handed_over"]] == [1]
    assert imported(linkage, file, Manner(opening_stock=True)).as_json()["handed_over"][0]["decisions"] == 1
    linkage.number()
    linkage.apply()
    assert linkage.rows("SELECT DISTINCT opening_stock FROM watch_list") == [(True,)]
    assert linkage.rows("SELECT DISTINCT batch, permits FROM handovers") == [(summary.batch, 1)]


def test_a_wrong_file_is_taken_back_whole_and_the_right_one_goes_through(linkage: Linkage, city: CityFiles) -> None:
    summary = imported(linkage, city.permits)
    outcomes = linkage.desk.retract_batch(summary.batch, "选错了文件")
    assert len(outcomes) == summary.events
    assert linkage.desk.retract_batch(summary.batch, "选错了文件") == []
    linkage.number()
    linkage.apply(limit=5000)
    assert linkage.rows("SELECT DISTINCT status FROM watch_list") == [("retracted",)]
    assert imported(linkage, city.permits).events == summary.events


def test_a_file_that_is_no_table_is_refused_in_chinese_with_what_to_do(linkage: Linkage, tmp_path: Path) -> None:
    spoiled = tmp_path / "permits.xlsx"
    spoiled.write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(UnreadableFile, match="请"):
        imported(linkage, spoiled)


def test_an_upload_answers_with_counts_and_a_file_to_repair(linkage: Linkage, city: CityFiles, tmp_path: Path) -> None:
    write_permits(tmp_path / "up.xlsx", 160, TODAY)
    bureau = TestClient(application(Office(linkage.approval_web, linkage.web_desk, "token")))
    with (tmp_path / "up.xlsx").open("rb") as content:
        said = bureau.post("/api/v1/files", files={"file": ("up.xlsx", content)}).json()
    assert (said["rows"], said["refused"]) == (160, 2)
    repaired = bureau.get(said["refused_rows"])
    assert repaired.content.startswith(b"PK")
    torn = bureau.post("/api/v1/files", files={"file": ("x.csv", b"")})
    assert (torn.status_code, torn.json()["code"]) == (422, "empty_file")


def test_rows_that_waited_are_recorded_in_the_order_of_their_file(
    linkage: Linkage, city: CityFiles, tmp_path: Path
) -> None:
    """The register comes after the file: a grant must still come before its renewal and its ending."""
    linkage.rows("DELETE FROM place_entries RETURNING 1", side="approval")
    assert imported(linkage, city.permits).waiting == 395
    entries = read_bodies(city.bodies).entries + read_matters(city.matters).entries
    later = [entry.model_copy(update={"valid_from": entry.valid_from.replace(year=2019)}) for entry in entries]
    take_entries(linkage.approval, later, NOW)
    assert retry_waiting(linkage.desk) == (395, 0)


def test_a_file_of_refused_rows_goes_through_once_it_is_repaired(linkage: Linkage, city: CityFiles) -> None:
    bad = row(XK_FRDB="", XK_XDR_LB="法人及非法人组织", XK_XDR_SHXYM=credit_code("91", 77))
    assert imported(linkage, written(city.permits, bad)).refused == 1
    returned = city.permits.with_suffix(".refused.csv")
    with returned.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    repaired = city.permits.with_name("repaired.csv")
    with repaired.open("w", encoding="gb18030", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows([line | {"法定代表人": "某甲"} for line in lines])
    summary = imported(linkage, repaired)
    assert (summary.events, summary.refused, summary.notices) == (1, 0, [])


def test_what_the_desk_refuses_comes_back_with_the_rows_that_the_file_check_refuses(
    linkage: Linkage, city: CityFiles
) -> None:
    first = row(XK_YXQZI="2027/01/01")
    before_grant = {"XK_JDRQ": "2024/01/01", "XK_YXQZ": "2024/01/01", "XK_WSH": "旧1号", "XK_ZT": "注销"}
    summary = imported(linkage, written(city.permits, first, first | {"XK_FRDB": ""}, first | before_grant))
    assert (summary.events, summary.refused) == (1, 2)
    assert [shown["row"] for shown in summary.first_refused] == [3, 4]
    assert summary.first_refused[1]["column"] == "XK_JDRQ"
    assert all(shown["reason"] and shown["repair"] for shown in summary.first_refused)


def test_an_import_that_was_killed_goes_on_where_it_was_and_doubles_nothing(
    linkage: Linkage, city: CityFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "CHUNK", 50)
    taken = importing._Taking.record
    chunks = iter(range(100))

    def killed_in_the_fifth(self: importing._Taking, chunk: importing._Chunk) -> importing._Chunk:
        if next(chunks) == 4:
            raise KeyboardInterrupt
        return taken(self, chunk)

    monkeypatch.setattr(importing._Taking, "record", killed_in_the_fifth)
    with pytest.raises(KeyboardInterrupt):
        imported(linkage, city.permits)
    monkeypatch.setattr(importing._Taking, "record", taken)
    summary = imported(linkage, city.permits)
    assert summary.known >= 190
    assert summary.events + summary.known == 395
    events = linkage.rows("SELECT count(*), count(DISTINCT (stream, version)) FROM outbox", side="approval")
    assert events == [(395 + len(read_bodies(city.bodies).entries) + 200,) * 2]


def test_what_stands_before_a_broken_quotation_mark_is_recorded_and_the_rest_is_not_swallowed(
    linkage: Linkage, city: CityFiles
) -> None:
    path = written(city.permits, *(row(number) for number in range(3)))
    path.write_text(path.read_text("utf-8") + '"' + path.read_text("utf-8").splitlines()[1] + "\n", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="第 5 行"):
        imported(linkage, path)
    assert imported(linkage, written(city.permits, *(row(number) for number in range(3)))).events == 3


def test_a_contested_state_stays_contested_when_the_row_is_tried_again(linkage: Linkage, city: CityFiles) -> None:
    older = written(city.permits, row(0, XK_ZT="0"), row(1, XK_ZT="1"))
    summary = imported(linkage, older)
    assert (summary.events, summary.waiting) == (1, 1)
    assert retry_waiting(linkage.desk) == (0, 1)
    assert retry_waiting(linkage.desk, chosen=Kind.GRANT) == (1, 0)
    assert imported(linkage, older).known == 2


def test_a_delimiter_inside_a_value_refuses_its_row_and_shows_what_fell_off(linkage: Linkage, city: CityFiles) -> None:
    shifted = row(XK_NR="餐饮,娱乐", BZ="备注")
    summary = imported(linkage, written(city.permits, shifted))
    assert (summary.events, summary.refused) == (0, 1)
    assert "分隔符" in summary.first_refused[0]["repair"]
    assert "备注" in city.permits.with_suffix(".refused.csv").read_text("utf-8-sig")


def test_the_same_rows_as_a_spreadsheet_and_in_another_encoding_are_known_already(
    linkage: Linkage, city: CityFiles
) -> None:
    events = imported(linkage, city.permits).events
    for name, encoding in (("again.xlsx", "utf-8"), ("again.csv", "utf-8-sig")):
        write_permits(city.permits.with_name(name), 400, TODAY, encoding=encoding)
        summary = imported(linkage, city.permits.with_name(name))
        assert (summary.events, summary.known) == (0, events)


def test_personal_facts_of_a_file_stand_nowhere_in_the_clear(linkage: Linkage, city: CityFiles) -> None:
    shop, person = row(2), row(6)
    assert (shop["XK_XDR_LB"], person["XK_XDR_LB"]) == ("个体工商户", "自然人")
    imported(linkage, written(city.permits, shop, person, person | {"XK_XKBH": "9", "XK_XKZS": "没有的证书"}))
    for table in ("outbox", "parties", "permit_numbers", "waiting_rows", "answers", "streams"):
        stored = str(linkage.rows(f"SELECT row_to_json(t)::text FROM {table} t", side="approval"))
        for secret in (shop["XK_XDR_MC"], person["XK_XDR_ZJHM"], shop["XK_FRDB"] + '"', person["XK_XDR_MC"] + '"'):
            assert secret not in stored, table


def test_a_genuine_code_that_fails_its_check_goes_through_once_it_was_allowed_with_a_reason(
    linkage: Linkage, city: CityFiles
) -> None:
    genuine = row()["XK_XDR_SHXYM"][:-1] + ("0" if row()["XK_XDR_SHXYM"][-1] != "0" else "1")
    path = written(city.permits, row(XK_XDR_SHXYM=genuine))
    assert imported(linkage, path).refused == 1
    with linkage.approval.begin() as transaction:
        assert allow(raw(transaction), genuine, "已核对营业执照原件")
        assert not allow(raw(transaction), genuine, "另一理由")
        assert [found[:2] for found in allowed(raw(transaction))] == [(genuine, "已核对营业执照原件")]
    assert imported(linkage, path).events == 1


def test_a_placeholder_of_a_body_is_refused_with_the_registered_code_as_its_repair(
    linkage: Linkage, city: CityFiles
) -> None:
    summary = imported(linkage, written(city.permits, row(XK_XKJGDM="00000000000000000X")))
    assert row()["XK_XKJGDM"] in summary.first_refused[0]["repair"]


def test_two_clerks_who_import_one_file_at_once_record_each_row_once(linkage: Linkage, city: CityFiles) -> None:
    def clerk(name: str) -> Summary:
        return import_permits(linkage.desk, city.permits, Manner(), refused_to=city.permits.with_name(name))

    with ThreadPoolExecutor(2) as desks:
        first, second = desks.map(clerk, ("one.csv", "two.csv"))
    assert first.events + second.events == 395
    assert first.known + second.known == 395
    assert first.refused == second.refused == 5


def test_memory_does_not_grow_with_the_rows_of_a_file(linkage: Linkage, city: CityFiles) -> None:
    """Every row is refused: what is left is reading, checking and writing the refused rows."""

    def peak(count: int) -> int:
        path = written(city.permits, *[row() | {"XK_FRDB": "", "XK_XDR_LB": "法人及非法人组织"}] * count)
        tracemalloc.start()
        try:
            assert imported(linkage, path).refused == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)
    assert peak(8_000) < peak(2_000) + 1_000_000
