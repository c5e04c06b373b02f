"""A slice of `make attack`: generated requests to operations of each side, and a judge that finds what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.access.entrance import OPEN, Entrance
from services.handing_in import outcomes_too
from tests.attack import fuzz as fuzzing
from tests.attack.__main__ import sides
from tests.attack.whole_api import attack
from tests.invented import BODY, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.rows_of_rights import let_anybody_in

SLICE = {
    "approval": ["POST /api/v1/decisions", "GET /api/v1/tasks"],
    "supervision": [
        "GET /api/v1/departments/{department}/watch-list",
        "POST /api/v1/departments/{department}/receipts",
    ],
}


@pytest.mark.parametrize("side", ["approval", "supervision"])
def test_generated_requests_find_no_defect_and_no_answer_that_the_document_does_not_name(
    linkage: Linkage, side: str
) -> None:
    linkage.duties(duty())
    linkage.publish(decision())
    opened = attack(sides(linkage, OPEN)[side], 6, 7, only=SLICE[side])
    assert (opened.faults, opened.cases >= 10) == ({}, True)
    shut = attack(sides(linkage, Entrance(()))[side], 3, 7, only=SLICE[side])
    assert not shut.faults
    assert set(shut.statuses) <= {400, 401, 404, 405, 413, 422}, "nothing is answered to who shows nothing"
    assert shut.statuses[401] > 0


def test_a_service_that_fails_or_answers_otherwise_than_it_says_is_found() -> None:
    app = FastAPI()

    @app.get("/fails")
    def fails(number: int) -> dict[str, int]:
        return {"half": 100 // (number - number)}

    @app.get("/says", responses={200: {"content": {"application/json": {"schema": {"type": "string"}}}}})
    def says() -> dict[str, int]:
        return {"other": 1}

    found = attack(app, 5, 1)
    assert set(found.faults) == {"GET /fails", "GET /says"}
    assert found.faults["GET /fails"].startswith("500")


def test_what_is_said_of_one_refused_thing_stays_beside_what_is_said_of_many() -> None:
    refused: dict[int | str, dict[str, Any]] = {
        422: {"description": "未予受理", "content": {"application/problem+json": {"schema": {}}}}
    }
    said = outcomes_too(refused)
    assert set(said[422]["content"]) == {"application/problem+json", "application/json"}
    assert {200, 201, 403, 503} <= set(said)
    assert set(refused[422]["content"]) == {"application/problem+json"}, "what was given is not changed"


@pytest.mark.parametrize(
    "number", ["1" + "0" * 30, "-" + "9" * 19, "1" * 5000, "NaN", "-Infinity", "[" * 100_000 + "]" * 100_000]
)
def test_a_number_that_nothing_can_hold_and_brackets_without_end_are_no_json(linkage: Linkage, number: str) -> None:
    """Found by `make attack`: a receipt with such a number and an idempotency key was answered with 500."""
    step = f'{{"permit": "019ac4d2-8a52-7d64-9c5e-0d7f3d0f6b01", "do": {{"step": "sign", "push_version": {number}}}}}'
    path = f"/api/v1/departments/{MARKET_BUREAU}/receipts"
    program = TestClient(sides(linkage, OPEN)["supervision"], raise_server_exceptions=False)
    said = program.post(path, content=step, headers={"Idempotency-Key": "1", "Content-Type": "application/json"})
    assert (said.status_code, said.json()["code"]) == (400, "not_json")


def test_a_number_that_no_column_can_hold_is_the_askers_mistake_and_wakes_nobody(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by `make attack`: an opinion about a consultation of such a number was answered with 500."""
    (granted,) = linkage.publish(decision())
    program = TestClient(sides(linkage, OPEN)["approval"], raise_server_exceptions=False)
    opinion = {"body": BODY, "officer": "0101", "text": "无意见", "number": 2**62}
    said = program.post(f"/api/v1/permits/{granted.permit}/opinions", json=opinion)
    assert said.status_code == 422
    app = sides(linkage, OPEN)["approval"]

    def count() -> None:
        with linkage.approval.connect() as connection:
            connection.execute(text("SELECT CAST(:much AS integer)"), {"much": 2**40})

    let_anybody_in(monkeypatch, "approval", "GET /counts")
    app.add_api_route("/counts", count)
    answer = TestClient(app, raise_server_exceptions=False).get("/counts")
    assert (answer.status_code, answer.json()["code"]) == (422, "number_too_large")


@pytest.mark.parametrize("name", sorted(fuzzing.TARGETS))
def test_bytes_that_nobody_would_send_are_refused_and_nothing_else_comes_out(name: str) -> None:
    given, wrong = fuzzing.fuzz(name, 2.0, most=500)
    assert (wrong, given > 20) == ([], True)


def test_a_reader_that_fails_or_dawdles_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken variants: one that lets the error of a library out, and one that takes its time."""
    monkeypatch.setattr(fuzzing, "TARGETS", {"broken": (lambda given: given.decode("ascii"), (b"good",))})
    assert any("UnicodeDecodeError" in one for one in fuzzing.fuzz("broken", 2.0, most=200)[1])
    monkeypatch.setattr(fuzzing, "SLOW", -1.0)
    assert any("longer than" in one for one in fuzzing.fuzz("broken", 2.0, most=5)[1])
