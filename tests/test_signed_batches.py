"""A bureau signs what it hands in: what was changed on the way, or signed by another, is not taken; what was taken can
be shown to be the bureau's own word."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from events import bookmark
from events.database import connect, raw
from events.log import LogIdentity
from events.log.commands import READER, Command
from events.proof.canonical_json import NotCanonical, canonical_json
from events.proof.signing import Algorithm, KeyRing, PublicKey, Signer, new_secret, signer
from events.proof.tree import leaf_hash
from services.approval import batch_signature, signing_keys
from services.approval.batch_signature import Demand, sign, tree_of
from services.approval.command_desk import CommandDesk
from services.approval.commands import SIGNATURE, Asked, Misstated, signed, understand
from services.approval.handling import Desk
from services.approval.http import Office, application, key_token
from tests.command_site import register
from tests.invented import BODY, decision, party
from tests.linkage import MASTER, Linkage

OTHER = "11990100MB0000009X"
NOW = datetime.now(UTC)


def stated(number: str, **changes: Any) -> dict[str, Any]:
    return decision(permit_number=number, **changes).model_dump(mode="json", exclude_none=True)


def signs(body: str = BODY, algorithm: Algorithm = Algorithm.ED25519, days: int = 30) -> Signer:
    begin = NOW - timedelta(days=31)
    return signer(body, algorithm, new_secret(algorithm), begin, begin + timedelta(days=31 + days))


def registered(linkage: Linkage, key: PublicKey, body: str = BODY) -> None:
    with linkage.approval.begin() as transaction:
        assert signing_keys.register(raw(transaction), body, key, "S-1", NOW)


def bureau(linkage: Linkage, demand: Demand = Demand.REGISTERED) -> TestClient:
    desk = Desk(linkage.approval_web, MASTER, lambda: linkage.today, demand)
    return TestClient(application(Office(linkage.approval_web, desk, key_token(MASTER))))


def handed_in(client: TestClient, items: list[Any], signature: str | None, **headers: str) -> Any:
    more = {"Linkage-Signature": signature} if signature else {}
    return client.post("/api/v1/decisions", json={"decisions": items}, headers=headers | more)


def events(linkage: Linkage) -> int:
    ((count,),) = linkage.rows("SELECT count(*) FROM outbox", side="approval")
    return int(count)


@pytest.mark.parametrize("algorithm", Algorithm)
def test_what_a_bureau_signed_is_taken_and_each_decision_is_proven_without_the_others(
    linkage: Linkage, algorithm: Algorithm
) -> None:
    own = signs(algorithm=algorithm)
    registered(linkage, own.key)
    items = [stated(f"JY-{number}") for number in range(5)]
    answer = handed_in(bureau(linkage), items, sign(own, BODY, items))
    assert (answer.status_code, answer.json()["accepted"]) == (201, 5), answer.text
    with linkage.approval.connect() as connection:
        for item, outcome in zip(items, answer.json()["outcomes"], strict=True):
            proof = signing_keys.proof_of(raw(connection), MASTER, outcome["permit"], outcome["version"])
            assert proof is not None
            assert own.key.verifies(proof["message"].encode(), bytes.fromhex(proof["signature"]))
            assert proof["root"] in proof["message"]
            assert signing_keys.holds(proof, leaf_hash(canonical_json(item)))
            assert not signing_keys.holds(proof, leaf_hash(canonical_json(item | {"content": "另一内容"})))


def test_every_wrong_signature_is_refused_as_a_whole_and_records_nothing(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, another, ended, stranger = signs(), signs(OTHER), signs(days=-1), signs()
    registered(linkage, own.key)
    registered(linkage, another.key, OTHER)
    registered(linkage, ended.key)
    client, items = bureau(linkage), [stated("JY-1"), stated("JY-2")]
    changed = [items[0], items[1] | {"valid_to": "2099-12-31"}]
    right = sign(own, BODY, items)
    one_bit = right[:-6] + ("A" if right[-6] != "A" else "B") + right[-5:]
    attacks: dict[str, tuple[list[Any], str | None, str]] = {
        "an item was changed on the way": (changed, right, "signature_wrong"),
        "an item was left out": (items[:1], right, "signature_wrong"),
        "an item was put in": ([*items, stated("JY-3")], right, "signature_wrong"),
        "the order was changed": (items[::-1], right, "signature_wrong"),
        "one bit of it was": (items, one_bit, "signature_wrong"),
        "another body signed it": (items, sign(another, OTHER, items), "signed_by_another_body"),
        "another body signed it in this one's name": (items, sign(another, BODY, items), "signature_wrong"),
        "a key signed it that nobody registered": (items, sign(stranger, BODY, items), "signing_key_unknown"),
        "a key signed it that has ended": (items, sign(ended, BODY, items), "signing_key_not_valid"),
        "nobody signed it": (items, None, "signature_needed"),
        "it is no signature": (items, "key=1,sig=?", "signature_malformed"),
        "it has no canonical form": ([stated("JY-1") | {"x": 2**60}], right, "signature_no_canonical_form"),
        "a space before the body's code hides whose it is": (
            [stated("JY-1") | {"deciding_body": f" {BODY}"}], None, "signature_needed",
        ),
    }  # fmt: skip
    refused = {name: handed_in(client, said, header) for name, (said, header, _) in attacks.items()}
    assert {name: answer.json()["code"] for name, answer in refused.items()} == {n: a[2] for n, a in attacks.items()}
    assert {answer.status_code for answer in refused.values()} == {403, 422}
    assert events(linkage) == 0
    # The same door with a broken check takes what was changed: the attack above is seen to be one.
    monkeypatch.setattr(KeyRing, "check", lambda ring, key_id, *_: ring.keys[key_id])
    assert handed_in(client, changed, right).status_code == 201
    assert events(linkage) == 2


def test_a_signature_is_demanded_of_whom_the_site_says_and_checked_wherever_it_is(linkage: Linkage) -> None:
    own = signs()
    taken = {demand: handed_in(bureau(linkage, demand), [stated(demand)], None).status_code for demand in Demand}
    assert taken == {Demand.NOBODY: 201, Demand.REGISTERED: 201, Demand.EVERYBODY: 403}
    registered(linkage, own.key)
    taken = {demand: handed_in(bureau(linkage, demand), [stated(f"2-{demand}")], None).status_code for demand in Demand}
    assert taken == {Demand.NOBODY: 201, Demand.REGISTERED: 403, Demand.EVERYBODY: 403}
    wrong = handed_in(bureau(linkage, Demand.NOBODY), [stated("3")], sign(own, BODY, [stated("4")]))
    assert wrong.json()["code"] == "signature_wrong"


def test_a_signed_request_that_comes_twice_is_one_and_a_revoked_key_signs_no_more(linkage: Linkage) -> None:
    own, client, items = signs(), bureau(linkage), [stated("JY-1")]
    registered(linkage, own.key)
    first = handed_in(client, items, sign(own, BODY, items), **{"Idempotency-Key": "k"})
    again = handed_in(client, items, sign(own, BODY, items), **{"Idempotency-Key": "k"})
    assert again.json()["outcomes"][0] == first.json()["outcomes"][0] | {"repeated": True}
    assert linkage.rows("SELECT count(*) FROM signed_batches", side="approval") == [(1,)]
    with linkage.approval.begin() as transaction:
        assert signing_keys.revoke(raw(transaction), own.key.id, "S-1", NOW)
    later = handed_in(client, [stated("JY-2")], sign(own, BODY, [stated("JY-2")]))
    assert later.json()["code"] == "signing_key_not_valid"
    permit, version = first.json()["outcomes"][0]["permit"], first.json()["outcomes"][0]["version"]
    with linkage.approval.connect() as connection:
        assert signing_keys.proof_of(raw(connection), MASTER, permit, version) is not None
        assert signing_keys.proof_of(raw(connection), MASTER, permit, 2) is None


def test_what_is_kept_of_a_batch_lets_nobody_guess_a_number(linkage: Linkage) -> None:
    own, client = signs(), bureau(linkage)
    registered(linkage, own.key)
    items = [stated(f"JY-{n}", party=party(identifier="91990100MA00000017")) for n in range(2)]
    assert handed_in(client, items, sign(own, BODY, items)).status_code == 201
    ((kept,),) = linkage.rows("SELECT leaves FROM signed_batches", side="approval")
    assert not any(leaf in bytes(kept) for leaf in tree_of(items).levels[0])


def command(item: dict[str, Any], header: str | None, offset: int = 0) -> Command:
    headers = {"ce_source": BODY.encode(), "ce_id": b"c-%d" % offset, "ce_type": b"decision_command"}
    return Command(
        0, offset, NOW, headers | ({SIGNATURE: header.encode()} if header else {}), json.dumps(item).encode()
    )


def test_a_command_of_the_topic_is_its_bureaus_when_that_signed_it(linkage: Linkage) -> None:
    own, another = signs(), signs(OTHER)
    registered(linkage, own.key)
    registered(linkage, another.key, OTHER)
    item = stated("JY-1")

    def rule(sent: Command) -> str:
        said = understand(sent, {BODY, OTHER})
        assert isinstance(said, Asked)
        with linkage.approval.connect() as connection:
            keys = signing_keys.keys_for(raw(connection), [own.key.id, another.key.id], [BODY], NOW)
        answer = signed(said, sent, keys, Demand.REGISTERED, NOW)
        return str(answer.answer["rule"]) if isinstance(answer, Misstated) else "taken"

    assert rule(command(item, sign(own, BODY, [item]))) == "taken"
    assert rule(command(item | {"content": "改动"}, sign(own, BODY, [item]))) == "signature_wrong"
    assert rule(command(item, sign(another, OTHER, [item]))) == "signed_by_another_body"
    assert rule(command(item, None)) == "signature_needed"


def test_the_intake_of_the_topic_records_what_is_signed_and_answers_what_is_not(linkage: Linkage) -> None:
    own = signs()
    registered(linkage, own.key)
    register(linkage, BODY)
    identity = LogIdentity("kafka", "none", "commands")
    item = stated("JY-1")
    with connect(linkage.approval_url, application="test") as keeper:
        desk = CommandDesk(linkage.desk, bookmark.take(keeper, READER, identity, {0: 0}, "test"), identity, "审改办")
        taken = desk.take([command(item, sign(own, BODY, [item])), command(stated("JY-2"), None, offset=1)], {0: 2})
    assert dict(taken) == {"accepted": 1, "refused": 1}
    assert linkage.rows("SELECT size FROM signed_batches", side="approval") == [(1,)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(JSON)
def test_the_quick_way_writes_the_same_text_as_rfc_8785(said: Any) -> None:
    try:
        expected = canonical_json(said)
    except NotCanonical:
        with pytest.raises(NotCanonical):
            batch_signature.tree_of([said])
    else:
        assert batch_signature.tree_of([said]).root == leaf_hash(expected)
