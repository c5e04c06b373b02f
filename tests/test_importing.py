"""A real permits file, through the desk, as clerks hand it in."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from events.approval import MatterMapped
from services.approval.decision import Kind
from services.approval.http import Office, application
from services.approval.importing import Manner, Summary, import_permits
from services.approval.place_register import read_bodies, read_matters, take_entries
from services.approval.publication_file.columns import COLUMNS
from services.approval.retrying import retry_waiting
from services.sample_city.city import haizhou
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
    imported(linkage, written(city.permits, row()), Manner(opening_stock=True))
    linkage.number()
    linkage.apply()
    assert linkage.rows("SELECT DISTINCT opening_stock FROM watch_list") == [(True,)]


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
    bureau = TestClient(application(Office(linkage.approval, linkage.desk, "token")))
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
