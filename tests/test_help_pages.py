"""Whoever does not know how to go on finds it in the head of every page, with files to try it with."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from events.database import raw
from events.limits import LimitKind, LimitSet
from services.approval.http import Office, application, key_token
from services.approval.pages import help as approval_help
from services.approval.publication_file import checking as permit_rules
from services.approval.publication_file.columns import LAYOUT as PERMITS
from services.approval.publication_file.published_permit import PublishedPermit
from services.approval.publication_file.row_rules import Surroundings
from services.calendar_file import read_calendar_file
from services.officer_file import read_officers
from services.pages.helping import Example
from services.publication_file.defects import RefusedRow
from services.publication_file.reading import open_published
from services.publication_file.row_reading import Surroundings as PenaltySurroundings
from services.supervision.duty_file import read_duty_file
from services.supervision.pages import help as supervision_help
from services.supervision.penalty_file import checking as penalty_rules
from services.supervision.penalty_file.columns import LAYOUT as PENALTIES
from services.time_rules import take_entries
from tests.invented import TODAY
from tests.linkage import MASTER, Linkage
from tests.supervision_web import web
from tests.test_pages_stay_in_the_house import pages


def anybody(linkage: Linkage, side: str) -> TestClient:
    """A browser in which no seat was taken."""
    office = Office(linkage.approval_web, linkage.web_desk, key_token(MASTER), now=linkage.now)
    app = application(office) if side == "approval" else web(linkage)
    return TestClient(app, headers={"Accept": "text/html"})


@pytest.mark.parametrize("side", ["approval", "supervision"])
def test_the_help_is_found_without_a_seat_and_everything_it_offers_is_there(linkage: Linkage, side: str) -> None:
    reader = anybody(linkage, side)
    assert 'href="/help"' in reader.get("/seat").text
    shown = reader.get("/help").text
    named = set(re.findall(r'href="(/[^"?#]*)"', shown)) - {"/openapi.json"}
    assert len(named) > 5
    assert {address for address in named if not address.startswith("/static/")} <= set(pages(side))
    offered = re.findall(r'href="/help\?example=(\w+)"', shown)
    for name in offered:
        answer = reader.get("/help", params={"example": name})
        assert answer.content.startswith(b"PK"), name
    assert len(offered) == len((approval_help if side == "approval" else supervision_help).EXAMPLES)
    assert reader.get("/help?example=nothing").status_code == 404


@pytest.mark.parametrize("side", ["approval", "supervision"])
def test_the_limits_in_the_help_are_those_that_hold(linkage: Linkage, side: str) -> None:
    assert "<td>签收认领</td><td>3 个工作日</td>" in anybody(linkage, side).get("/help").text
    limit = LimitSet(
        kind=LimitKind.CLAIM, matter_code="*", days=7, valid_from=TODAY, basis="市政办〔2026〕1号", officer="0001"
    )
    engine = linkage.approval if side == "approval" else linkage.supervision
    with engine.begin() as transaction:
        take_entries(raw(transaction), side, [limit], linkage.now())
    assert "<td>签收认领</td><td>7 个工作日</td>" in anybody(linkage, side).get("/help").text


def written(folder: Path, one: Example) -> Path:
    path = folder / "example.xlsx"
    path.write_bytes(one.make(TODAY))
    return path


def test_the_example_of_permits_has_as_many_good_and_bad_rows_as_it_says(tmp_path: Path) -> None:
    checker = permit_rules.Checker(Surroundings(TODAY))
    file = open_published(written(tmp_path, approval_help.EXAMPLES["permits"]), PERMITS)
    found = [checker.check(row.number, row.cells) for row in file.rows]
    good = [isinstance(one, PublishedPermit) for one in found]
    assert good == [True] * approval_help.GOOD + [False] * len(approval_help.SPOILED)
    assert file.notices == ()


def test_the_example_of_penalties_has_as_many_good_and_bad_rows_as_it_says(tmp_path: Path) -> None:
    checker = penalty_rules.Checker(PenaltySurroundings(TODAY), UUID(int=1))
    file = open_published(written(tmp_path, supervision_help.EXAMPLES["penalties"]), PENALTIES)
    found = [checker.check(row.number, row.cells) for row in file.rows]
    bad = [isinstance(one, RefusedRow) for one in found]
    assert bad == [False] * supervision_help.GOOD + [True] * len(supervision_help.SPOILED)


def test_the_examples_of_lists_are_read_as_what_they_are(tmp_path: Path) -> None:
    duties = read_duty_file(written(tmp_path, supervision_help.EXAMPLES["duties"]))
    assert (len(duties.entries), len(duties.refused)) == (4, 1)
    calendar = read_calendar_file(written(tmp_path, supervision_help.EXAMPLES["calendar"]), "0001")
    assert ([one.notice_year for one in calendar.notices], calendar.refused) == ([2099], [])
    officers = read_officers(written(tmp_path, supervision_help.EXAMPLES["officers"]))
    assert (len(officers.entries), officers.refused) == (3, [])
