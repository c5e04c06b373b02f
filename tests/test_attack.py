"""A slice of `make attack`: generated requests to operations of each side, and a judge that finds what is wrong."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.access import guard, rows
from services.access.entrance import OPEN
from services.handing_in import outcomes_too
from tests.attack.doors import REFUSED, doors, settled, sides
from tests.attack.whole_api import attack
from tests.invented import BODY, MARKET_BUREAU, decision
from tests.linkage import Linkage
from tests.rows_of_rights import let_anybody_in

SLICED = "GET /api/v1/permits/{permit}"
SLICE = {
    ("approval", "key of the site"),
    ("approval", "another body's key"),
    ("approval", "expired key"),
    ("supervision", "another body's key"),
}


def test_by_no_door_do_generated_requests_find_a_defect_or_what_the_door_should_keep(linkage: Linkage) -> None:
    known = settled(linkage)
    for door in doors(linkage):
        if (door.side, door.name) not in SLICE:
            continue
        found = attack(door.app, 4, 7, key=door.key, known=known, only=[SLICED], phases=("fuzzing",), judge=door.judge)
        assert (found.faults, found.cases >= 4) == ({}, True), (door.side, door.name)
        if door.name in REFUSED:
            assert set(found.statuses) <= {400, 401, 403, 404, 405, 413, 422}
            assert found.statuses[401] + found.statuses[403] > 0
        elif (door.side, door.name) == ("approval", "key of the site"):
            assert found.statuses[200] > 0, "what stands there is asked for too"


def test_a_door_that_lets_anybody_in_is_found_in_three_ways(linkage: Linkage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken variants: a door that asks for no action, one that asks for no body, and one that asks for nothing."""
    known = settled(linkage)
    every = {one.name: one for one in doors(linkage) if one.side == "approval"}

    def found(name: str, operation: str) -> str:
        door = every[name]
        tried = attack(
            door.app, 4, 7, key=door.key, known=known, only=[operation], phases=("fuzzing",), judge=door.judge
        )
        return tried.faults.get(operation, "")

    with monkeypatch.context() as broken:
        broken.setattr(guard, "_may", lambda *_: None)
        assert "who has no right" in found("key without the action", "GET /api/v1/decisions")
    with monkeypatch.context() as broken:
        broken.setattr(guard, "_own", _let_be)
        broken.setattr(rows, "setting_of", lambda _: rows.EVERYBODYS)  # the second wall is down too
        assert "another body reads" in found("another body's key", "GET /api/v1/permits/{permit}")
    with monkeypatch.context() as broken:
        broken.setattr(guard, "_may", lambda *_: None)
        broken.setattr(guard, "_own", _let_be)
        assert "without authentication" in found("key of the site", "GET /api/v1/decisions")


async def _let_be(*_: Any) -> None:
    return None


def test_a_service_that_fails_or_answers_otherwise_than_it_says_is_found() -> None:
    app = FastAPI()

    @app.get("/fails")
    def fails(number: int) -> dict[str, int]:
        return {"half": 100 // (number - number)}

    @app.get("/says", responses={200: {"content": {"application/json": {"schema": {"type": "string"}}}}})
    def says() -> dict[str, int]:
        return {"other": 1}

    found = attack(app, 5, 1, phases=("fuzzing",))
    assert set(found.faults) == {"GET /fails", "GET /says"}
    assert "500" in found.faults["GET /fails"]


@pytest.mark.parametrize("side", ["approval", "supervision"])
def test_what_is_no_json_is_called_so_by_every_route_that_reads_it_and_the_document_names_it(
    linkage: Linkage, side: str
) -> None:
    """Found by `make attack`: of some it was 422, of half a character 400 without a word of what is wrong."""
    app = sides(linkage, OPEN)[side]
    program, asked = TestClient(app, raise_server_exceptions=False), 0
    for path, operations in app.openapi()["paths"].items():
        for method, said in operations.items():
            if "application/json" not in said.get("requestBody", {}).get("content", {}):
                continue
            named = re.sub(r"\{[^}]*\}", "019ac4d2-8a52-7d64-9c5e-0d7f3d0f6b01", path)
            for body in (b"{", b'{"text": "\xe5"}', b""):
                answer = program.request(method, named, content=body, headers={"Content-Type": "application/json"})
                if answer.status_code == 422 and not body and answer.json()["code"] == "invalid_request":
                    continue  # nothing at all is a form of which all is missing
                assert (answer.status_code, answer.json()["code"]) == (400, "not_json"), path
                asked += answer.status_code == 400
            assert "not_json" in said["responses"]["400"]["content"]["application/problem+json"]["examples"]
    assert asked > 40


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
