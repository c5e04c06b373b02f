"""What stands still is dealt with on its page, over HTTP and by command alike; what a record says is shown to nobody by
the way, and who did what stands beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from services import parked_asked
from services.approval.decision import Kind
from services.command_line import program
from services.pages.seats import Role, Seat
from services.trouble import WronglyAsked
from tests.invented import decision, duty
from tests.linkage import Linkage
from tests.supervision_web import web

WHY = "重复报送的变更，与后一版内容相同"
SAID = "准予从事冷食类食品制售"


@pytest.fixture
def permit(linkage: Linkage) -> UUID:
    """A permit that stands still for its second decision; a third waits behind it."""
    linkage.duties(duty())
    (granted, *_) = linkage.submit(
        decision(), decision(Kind.AMEND, content=SAID), decision(Kind.AMEND, content="准予从事热食类食品制售")
    )
    assert granted.permit
    linkage.number()
    linkage.rows("UPDATE ledger SET schema = 9 WHERE version = 2 RETURNING 1", side="approval")
    linkage.apply()
    return granted.permit


def pushed(linkage: Linkage, permit: UUID) -> Sequence[int]:
    rows = linkage.rows(
        """SELECT (data::jsonb #>> '{decision,version}')::int FROM outbox
           WHERE stream = %s AND type = 'push_made' ORDER BY version""",
        permit,
    )
    return [version for (version,) in rows]


def as_staff(linkage: Linkage, role: Role, staff: str) -> TestClient:
    seat = {"seat-supervision": Seat(role, "", staff).as_cookie()}
    return TestClient(web(linkage), headers={"accept": "text/html"}, cookies=seat)


def test_an_operator_asks_on_the_page_and_the_coordinator_consents_after_a_look_that_is_kept(
    linkage: Linkage, permit: UUID
) -> None:
    operator, coordinator = as_staff(linkage, Role.OPERATOR, "S-0901"), as_staff(linkage, Role.COORDINATOR, "S-0902")
    leader = as_staff(linkage, Role.LEADER, "S-0001")
    one = f"/parked/{permit}"
    assert SAID not in operator.get(one).text
    assert "请求跳过第 2 版" in operator.get(one).text
    assert leader.post(f"{one}/looks", data={"version": 2, "reason": WHY}).status_code == 403
    assert operator.post(f"{one}/steps", data={"step": "skip", "reason": "重复", "key": "a"}).status_code == 422
    asked = operator.post(f"{one}/steps", data={"step": "skip", "reason": WHY, "key": "a"})
    assert "已请求跳过第 2 版，待另一人同意" in asked.text
    assert "同意跳过</button>" not in operator.get(one).text
    assert operator.post(f"{one}/steps", data={"step": "consent", "key": "b"}).status_code == 422
    looked = coordinator.post(f"{one}/looks", data={"version": 2, "reason": "核对是否与第3版重复"})
    assert SAID in looked.text
    assert looked.headers["cache-control"] == "no-store"
    assert "同意跳过</button>" in coordinator.get(one).text
    assert "跳过" in coordinator.post(f"{one}/steps", data={"step": "consent", "key": "c"}).text
    linkage.tend()
    assert pushed(linkage, permit) == [1, 3]
    kept = operator.get("/parked/history").text
    for act, staff in (
        ("请求跳过", "S-0901"),
        ("查看内容", "S-0902"),
        ("同意跳过", "S-0902"),
        ("已跳过", "S-0901、S-0902"),
    ):
        assert f"<td>{act}</td>" in kept
        assert f"<td>{staff}</td>" in kept
    assert "已跳过 1 件" in operator.get("/lag").text


def test_programs_do_the_same_over_http_and_a_rule_is_told_as_a_problem(linkage: Linkage, permit: UUID) -> None:
    program = TestClient(web(linkage))
    address = f"/api/v1/parked/{permit}"
    (row,) = program.get("/api/v1/parked").json()["parked"]
    assert (row["reason"], row["waiting"], row["request"]) == ("unknown_type", 2, None)
    assert SAID not in program.get(address).text
    assert program.post("/api/v1/parked/retries", json={"officer": "S-0901", "reason": "unknown_type"}).json() == {
        "asked": 1
    }
    asked = {"officer": "S-0901", "reason": WHY}
    key = {"Idempotency-Key": "k"}
    assert program.post(f"{address}/skip", json=asked, headers=key).json()["request"]["consented_by"] is None
    assert program.post(f"{address}/skip", json=asked, headers=key).json()["repeated"] is True
    own = program.post(f"{address}/consent", json={"officer": "S-0901"})
    assert (own.status_code, own.headers["content-type"], own.json()["code"]) == (
        422, "application/problem+json", "same_person",
    )  # fmt: skip
    assert program.post(f"{address}/refusal", json=asked | {"officer": "S-0902"}).json()["request"] is None
    assert program.post(f"{address}/repair", json=asked).json()["request"]["kind"] == "repair"
    assert SAID in program.post(f"{address}/looks", json=asked).json()["text"]
    unknown = program.get("/api/v1/parked/00000000-0000-0000-0000-000000000000")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_parked")
    acts = program.get("/api/v1/parked/history", params={"stream": str(permit)}).json()["acts"]
    assert [one["act"] for one in acts] == ["look", "repair_asked", "skip_refused", "skip_asked"]
    assert program.get("/api/v1/parked/history").json()["acts"][-1]["act"] == "retry"


def test_the_same_by_command(linkage: Linkage, permit: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def as_it_stands(*_: Any) -> Iterator[Any]:
        yield None, SimpleNamespace(owner={"supervision": linkage.supervision_url, "approval": linkage.approval_url})

    monkeypatch.setattr(parked_asked, "as_it_stands", as_it_stands)

    def run(*words: str) -> Any:
        arguments = ["parked", *words]
        return CliRunner().invoke(program(arguments), arguments)

    listed = run("list", "--json")
    assert (listed.exit_code, json.loads(listed.stdout)[0]["stream"]) == (1, str(permit))
    assert SAID not in run("show", str(permit)).stdout
    by, why = ("--by", "S-0901"), ("--why", WHY)
    assert isinstance(run("show", str(permit), "--show", *by).exception, WronglyAsked), "a look without a reason"
    assert SAID in run("show", str(permit), "--show", *by, *why).stdout
    assert run("retry", "--reason", "unknown_type", *by).stdout == "asked to retry 1 streams\n"
    assert run("skip", str(permit), *by, *why).exit_code == 0
    own = run("consent", str(permit), *by)
    assert (own.exit_code, "请求人不能同意自己的请求" in own.stderr) == (1, True)
    assert run("refuse", str(permit), "--by", "S-0902", *why).exit_code == 0
    assert json.loads(run("repair", str(permit), *by, *why, "--json").stdout)["request"]["kind"] == "repair"
    assert run("skip", str(permit), *by, *why).exit_code == 0, "who will not wait for the correction may skip"
    assert run("consent", str(permit), "--by", "S-0902", "--json").exit_code == 0
    linkage.tend()
    assert pushed(linkage, permit) == [1, 3]
    kept = [(one["act"], one["by"]) for one in json.loads(run("history", "--json").stdout)]
    assert [act for act, _ in reversed(kept)] == [
        "look", "retry", "skip_asked", "skip_refused", "repair_asked", "skip_asked", "skip_consented", "skipped",
    ]  # fmt: skip
    assert kept[0] == ("skipped", "S-0901、S-0902")
    assert run("list").exit_code == 0
