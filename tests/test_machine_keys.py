"""Programs show a key of one body: it opens what the key allows, for that body, until it ends; and nothing else."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from fastapi import Request

from events.database import raw
from services.access import guard, key_store
from services.access.actions import Action
from services.access.machine_keys import LONGEST, NoKey, digest_of, key_within, new_key, shown_key
from services.access.rights import Where, rights
from services.access.whose_row import kinds
from tests.guarded_site import NOON, GuardedSite, shown
from tests.invented import BODY, HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage

OTHER_BUREAU = "11990100MB0000009X"
LIST = f"/api/v1/departments/{MARKET_BUREAU}/watch-list"


@pytest.fixture
def site(linkage: Linkage) -> GuardedSite:
    return GuardedSite(linkage)


def stated(**changes: Any) -> dict[str, Any]:
    return decision(**changes).model_dump(mode="json")


def problem(answer: Any, status: int) -> str:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    said = answer.json()
    assert said["title"]
    assert said["what_to_do"]
    return str(said["code"])


def test_a_bureau_publishes_with_its_key_and_reads_what_it_published(site: GuardedSite) -> None:
    key = site.key("approval", BODY, Action.PUBLISH_DECISIONS, Action.READ_DECISIONS)
    handed_in = site.approval.post("/api/v1/decisions", json=stated(), headers=shown(key))
    assert handed_in.status_code == 201, handed_in.text
    permit = site.approval.get(f"/api/v1/permits/{handed_in.json()['permit']}", headers=shown(key))
    assert permit.json()["facts"]["deciding_body"] == BODY
    mine = site.approval.get("/api/v1/decisions", params={"body": BODY}, headers=shown(key))
    assert len(mine.json()["decisions"]) == 1


def test_whoever_shows_nothing_is_asked_for_a_key(site: GuardedSite) -> None:
    answer = site.approval.post("/api/v1/decisions", json=stated())
    assert problem(answer, 401) == "key_needed"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert site.approval.get("/healthz").status_code == 200


def test_good_decisions_of_a_batch_go_through_and_another_bodys_are_refused_by_name(site: GuardedSite) -> None:
    key = site.key("approval", BODY, Action.PUBLISH_DECISIONS)
    batch = {"decisions": [stated(), stated(deciding_body=OTHER_BUREAU, permit_number="JY-9")]}
    answer = site.approval.post("/api/v1/decisions", json=batch, headers=shown(key))
    assert (answer.status_code, answer.json()["accepted"], answer.json()["refused"]) == (200, 1, 1)
    refused = answer.json()["outcomes"][1]
    assert (refused["rule"], refused["field"]) == ("other_body", "deciding_body")


def test_a_department_signs_and_reads_its_own_pushes_alone(site: GuardedSite, linkage: Linkage) -> None:
    linkage.duties(duty())
    (granted,) = linkage.publish(decision())
    key = site.key("supervision", MARKET_BUREAU, Action.READ_LISTS, Action.WRITE_RECEIPTS)
    assert site.supervision.get(LIST, headers=shown(key)).json()["count"] == 1
    step = {"permit": str(granted.permit), "do": {"step": "sign", "officer": "0102"}}
    own, other = (f"/api/v1/departments/{code}/receipts" for code in (MARKET_BUREAU, HEALTH_BUREAU))
    assert problem(site.supervision.post(other, json=step, headers=shown(key)), 403) == "other_body"
    assert site.supervision.post(own, json=step, headers=shown(key)).status_code == 201
    assert site.supervision.get(f"/api/v1/permits/{granted.permit}/cases", headers=shown(key)).status_code == 200


def test_anothers_row_and_a_row_that_is_nowhere_are_answered_alike(site: GuardedSite, linkage: Linkage) -> None:
    (granted,) = linkage.submit(decision())
    key = site.key("approval", OTHER_BUREAU, Action.READ_DECISIONS)
    nowhere = "00000000-0000-4000-8000-000000000000"
    answers = [
        site.approval.get(f"/api/v1/permits/{one}", headers=shown(key)) for one in (granted.permit, nowhere, "?", "x")
    ]
    assert [problem(answer, 403) for answer in answers[:2]] == ["other_body"] * 2
    assert answers[0].json() == answers[1].json()
    assert problem(answers[3], 403) == "other_body"


def test_a_query_over_all_bodies_must_name_the_own_one(site: GuardedSite) -> None:
    key = site.key("approval", BODY, Action.ANSWER_TASKS)
    assert problem(site.approval.get("/api/v1/tasks", headers=shown(key)), 403) == "body_not_named"
    both = f"/api/v1/tasks?body={OTHER_BUREAU}&body={BODY}"
    assert problem(site.approval.get(both, headers=shown(key)), 403) == "other_body"
    assert site.approval.get("/api/v1/tasks", params={"body": BODY}, headers=shown(key)).status_code == 200


def test_what_touches_several_bodies_needs_the_key_of_a_service(site: GuardedSite) -> None:
    mine, service = (site.key("supervision", body, Action.OPERATE) for body in (MARKET_BUREAU, ""))
    assert problem(site.supervision.get("/api/v1/parked", headers=shown(mine)), 403) == "several_bodies"
    assert site.supervision.get("/api/v1/parked", headers=shown(service)).status_code == 200


def test_the_supervision_sides_service_gets_keys_of_parties_and_a_bureau_does_not(
    site: GuardedSite, linkage: Linkage
) -> None:
    linkage.submit(decision())
    ((party,),) = linkage.rows("SELECT party FROM parties", side="approval")
    service, bureau = (site.key("approval", body, Action.RESOLVE_PARTIES) for body in ("", BODY))
    asked = {"parties": [str(party)]}
    path = "/internal/v1/subject-keys"
    assert list(site.approval.post(path, json=asked, headers=shown(service)).json()) == [str(party)]
    assert problem(site.approval.post(path, json=asked, headers=shown(bureau)), 403) == "several_bodies"


def test_a_key_is_replaced_while_both_are_valid_and_the_old_one_ends(site: GuardedSite, linkage: Linkage) -> None:
    old, text = site.made("approval", BODY, [Action.READ_DECISIONS])
    with linkage.approval.begin() as transaction:
        new, replacing = key_store.rotate(raw(transaction), old.id, "S-2", NOON, timedelta(days=90), timedelta(days=7))
    assert (new.body, new.actions) == (old.body, old.actions)

    def asked(key: str) -> int:
        return int(site.approval.get("/api/v1/decisions", params={"body": BODY}, headers=shown(key)).status_code)

    assert [asked(text), asked(replacing)] == [200, 200]
    with pytest.raises(NoKey, match="2 valid keys"):
        site.key("approval", BODY, Action.READ_DECISIONS)
    site.now += timedelta(days=7)
    assert [asked(text), asked(replacing)] == [401, 200]
    with linkage.approval.begin() as transaction:
        assert key_store.revoke(raw(transaction), new.id, "S-2", site.now)
        assert not key_store.revoke(raw(transaction), new.id, "S-2", site.now)
    assert asked(replacing) == 401


def test_the_last_use_is_known_to_the_hour_without_a_write_for_each_request(
    site: GuardedSite, linkage: Linkage
) -> None:
    text = site.key("approval", BODY, Action.READ_DECISIONS)
    seen = []
    for minutes in (0, 10, 50, 70):
        site.now = NOON + timedelta(minutes=minutes)
        site.approval.get("/api/v1/decisions", params={"body": BODY}, headers=shown(text))
        seen += linkage.rows("SELECT last_used_at FROM machine_keys", side="approval")
    assert [one[0] - NOON for one in seen] == [timedelta(minutes=m) for m in (0, 0, 0, 70)]


def test_of_the_secret_only_its_digest_is_kept(site: GuardedSite, linkage: Linkage) -> None:
    text = site.key("approval", BODY, Action.READ_DECISIONS)
    id, secret = shown_key(text) or ("", "")
    ((row,),) = linkage.rows("SELECT to_jsonb(k)::text FROM machine_keys k", side="approval")
    assert id in row
    assert secret not in row
    assert digest_of(secret).hex() in row
    assert len(bytes.fromhex(secret)) == 32


@pytest.mark.parametrize(
    ("name", "actions", "lasting"),
    [
        ("", [Action.READ_LISTS], timedelta(days=1)),
        ("系统\n", [Action.READ_LISTS], timedelta(days=1)),
        ("系统", [], timedelta(days=1)),
        ("系统", [Action.READ_LISTS], timedelta(0)),
        ("系统", [Action.READ_LISTS], LONGEST + timedelta(days=1)),
    ],
)
def test_a_key_without_name_action_or_end_is_not_made(name: str, actions: list[Action], lasting: timedelta) -> None:
    with pytest.raises(NoKey):
        new_key(name, BODY, actions, "S-1", NOON, lasting)


def test_the_body_of_every_kind_of_row_in_the_table_can_be_found() -> None:
    wanted = {(side, right.whose.name) for (side, *_), right in rights().items() if right.whose.where is Where.ROW}
    assert {(side, kind) for side in ("approval", "supervision") for kind in kinds(side)} >= wanted


@pytest.mark.parametrize("side", ["approval", "supervision"])
def test_every_question_about_a_rows_body_is_one_that_the_database_understands(site: GuardedSite, side: str) -> None:
    key, client = site.key(side, BODY, *Action), site.approval if side == "approval" else site.supervision
    nowhere = "00000000-0000-4000-8000-000000000000"
    for (of, method, path), right in rights().items():
        if of == side and right.whose.where is Where.ROW:
            address = path.replace("{number}", "1")
            for part in path.split("/"):
                address = address.replace(part, nowhere) if part.startswith("{") else address
            answer = client.request(method, address, json={"batch": nowhere}, headers=shown(key))
            assert answer.status_code in (403, 422), (path, answer.text)


def test_a_key_is_found_wherever_it_stands_in_an_address() -> None:
    _, text = new_key("系统", BODY, [Action.READ_LISTS], "S-1", NOON, timedelta(days=1))
    assert key_within(f"/x?token={text}") == text[3:15]
    assert key_within(f"/x/{text[:40]}") == text[3:15]
    assert key_within("/api/v1/permits/lk_") is None


def test_what_a_request_says_is_parsed_once_though_the_door_and_the_route_both_ask(
    site: GuardedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, parse, times = site.key("supervision", MARKET_BUREAU, Action.WRITE_FINDINGS), json.loads, [0]

    def counted(said: Any, **how: Any) -> Any:
        times[0] += isinstance(said, bytes) and b"parsed once" in said
        return parse(said, **how)

    def parsed() -> int:
        times[0] = 0
        said = {"department": MARKET_BUREAU, "officer": "parsed once"}
        assert site.supervision.post("/api/v1/freezes", json=said, headers=shown(key)).status_code == 422
        return times[0]

    async def by_itself(request: Request, name: str) -> str:
        return str(json.loads(await request.body())[name])

    monkeypatch.setattr(json, "loads", counted)
    assert parsed() == 1
    monkeypatch.setattr(guard, "_field", by_itself)
    assert parsed() == 2, "a door that parsed for itself would be seen"
