"""Twelve ways to get in with a key that does not fit. Each is tried against the door, and against one that is broken in
just that place: what the broken one lets in, the test can see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from events.database import raw
from services import handing_in
from services.access import guard, key_door, key_store, own_items
from services.access.actions import Action
from services.access.callers import EVERYBODY, scope_now
from services.access.machine_keys import KeyState, MachineKey, new_key
from tests.guarded_site import NOON, GuardedSite, shown
from tests.invented import BODY, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage

OTHER = "11990100MB0000009X"
MINE = {"body": BODY}


def expired(site: GuardedSite) -> Any:
    key = site.key("approval", BODY, Action.READ_DECISIONS, days=30)
    site.now += timedelta(days=30)
    return site.approval.get("/api/v1/decisions", params=MINE, headers=shown(key))


def revoked(site: GuardedSite) -> Any:
    key, text = site.made("approval", BODY, [Action.READ_DECISIONS])
    with site.engine("approval").begin() as transaction:
        key_store.revoke(raw(transaction), key.id, "S-1", NOON)
    return site.approval.get("/api/v1/decisions", params=MINE, headers=shown(text))


def rotated_out(site: GuardedSite) -> Any:
    key, text = site.made("approval", BODY, [Action.READ_DECISIONS])
    with site.engine("approval").begin() as transaction:
        key_store.rotate(raw(transaction), key.id, "S-1", NOON, timedelta(days=30), timedelta(hours=1))
    site.now += timedelta(hours=1)
    return site.approval.get("/api/v1/decisions", params=MINE, headers=shown(text))


def guessed_secret(site: GuardedSite) -> Any:
    key, _ = site.made("approval", BODY, [Action.READ_DECISIONS])
    return site.approval.get("/api/v1/decisions", params=MINE, headers=shown(f"lk_{key.id}_{'0' * 64}"))


def key_in_the_address(site: GuardedSite) -> Any:
    key = site.key("approval", BODY, Action.READ_DECISIONS)
    return site.approval.get("/api/v1/decisions", params=MINE | {"type": key}, headers=shown(key))


def action_missing(site: GuardedSite) -> Any:
    key = site.key("approval", BODY, Action.READ_DECISIONS)
    return site.approval.post("/api/v1/decisions", json=_stated(site), headers=shown(key))


def another_bodys_list(site: GuardedSite) -> Any:
    key = site.key("supervision", OTHER, Action.READ_LISTS)
    return site.supervision.get(f"/api/v1/departments/{MARKET_BUREAU}/watch-list", headers=shown(key))


def another_bodys_stream(site: GuardedSite) -> Any:
    key = site.key("supervision", OTHER, Action.READ_EVENTS)
    # A department that there is not: a door that lets this through says 404, where a stream would never end.
    return site.supervision.get("/api/v1/departments/11990100MB0000999X/events", headers=shown(key))


def another_bodys_permit(site: GuardedSite) -> Any:
    ((permit,),) = site.linkage.rows("SELECT permit FROM published LIMIT 1", side="approval")
    key = site.key("approval", OTHER, Action.READ_DECISIONS)
    return site.approval.get(f"/api/v1/permits/{permit}", headers=shown(key))


def decision_of_another_body(site: GuardedSite) -> Any:
    key = site.key("approval", OTHER, Action.PUBLISH_DECISIONS)
    return site.approval.post("/api/v1/decisions", json=_stated(site), headers=shown(key))


def key_of_the_other_side(site: GuardedSite) -> Any:
    key = site.key("supervision", BODY, Action.READ_DECISIONS)
    return site.approval.get("/api/v1/decisions", params=MINE, headers=shown(key))


def anothers_first_answer(site: GuardedSite) -> Any:
    """The same idempotency key, and the other's name as the caller's: the first answer tells which permit it is."""
    owner, thief = (site.key("approval", body, Action.PUBLISH_DECISIONS) for body in (BODY, OTHER))
    names = {"Idempotency-Key": site.name, "Linkage-Caller": BODY}
    first = site.approval.post("/api/v1/decisions", json=_stated(site), headers=shown(owner, **names))
    assert first.status_code == 201
    return site.approval.post("/api/v1/decisions", json=_stated(site), headers=shown(thief, **names))


def _stated(site: GuardedSite) -> dict[str, Any]:
    return decision(permit_number=site.name).model_dump(mode="json")


@dataclass(frozen=True)
class Open:
    """Stands in for the scope of a request and covers everybody."""

    def get(self) -> Any:
        return EVERYBODY


async def _let_be(*_: Any) -> None:
    return None


def _valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MachineKey, "state", lambda *_: KeyState.VALID)


def _any_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MachineKey, "opened_by", lambda *_: True)


def _unseen_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_door, "key_within", lambda _: None)


def _any_action(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_may", lambda *_: None)


def _any_body(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_own", _let_be)


def _any_item(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_items, "scope_now", Open())


def _caller_at_its_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_items, "scope_now", Open())
    monkeypatch.setattr(handing_in, "scope_now", Open())


def _one_register_of_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    found = key_store.find
    everybody, _ = new_key("系统", BODY, Action, "S-1", NOON, timedelta(days=1))
    _any_secret(monkeypatch)
    monkeypatch.setattr(key_store, "find", lambda connection, id: found(connection, id) or everybody)


Attack = Callable[[GuardedSite], Any]
Break = Callable[[pytest.MonkeyPatch], None]
ATTACKS: list[tuple[Attack, int, str, Break]] = [
    (expired, 401, "key_expired", _valid),
    (revoked, 401, "key_revoked", _valid),
    (rotated_out, 401, "key_expired", _valid),
    (guessed_secret, 401, "key_unknown", _any_secret),
    (key_in_the_address, 401, "key_in_address", _unseen_address),
    (action_missing, 403, "action_missing", _any_action),
    (another_bodys_list, 403, "other_body", _any_body),
    (another_bodys_stream, 403, "other_body", _any_body),
    (another_bodys_permit, 403, "other_body", _any_body),
    (decision_of_another_body, 403, "other_body", _any_item),
    (anothers_first_answer, 403, "other_body", _caller_at_its_word),
    (key_of_the_other_side, 401, "key_unknown", _one_register_of_keys),
]


def test_no_key_opens_what_is_not_its_own_and_a_door_that_is_broken_there_is_seen_to_let_it_in(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    linkage.duties(duty())
    linkage.publish(decision())
    site, answers, let_in = GuardedSite(linkage), {}, {}
    for attack, _, code, broken in ATTACKS:
        site.name, site.now = (name := attack.__name__), NOON
        tried = attack(site)
        answers[name] = (tried.status_code, tried.json()["code"])
        with monkeypatch.context() as breaking:
            broken(breaking)
            site.name, site.now = f"{name}-broken", NOON
            let_in[name] = attack(site).json().get("code") != code
    assert answers == {attack.__name__: (status, code) for attack, status, code, _ in ATTACKS}
    assert [name for name, inside in let_in.items() if not inside] == []


def test_nothing_of_a_request_is_left_for_the_next(linkage: Linkage) -> None:
    site = GuardedSite(linkage)
    key = site.key("approval", BODY, Action.READ_DECISIONS)
    assert site.approval.get("/api/v1/decisions", params=MINE, headers=shown(key)).status_code == 200
    assert site.approval.get("/api/v1/decisions", params=MINE).status_code == 401
    assert not scope_now.get().covers(BODY)
