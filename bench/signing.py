"""What does it cost that a batch is signed by its body? 1,000 decisions a request over HTTP, beside unsigned ones."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Engine

from bench.figure import PER_SECOND, Figure
from bench.ground import Ground
from events.database import open_engine, raw
from events.proof.signing import Algorithm, Signer, new_secret, signer
from services.approval import signing_keys
from services.approval.batch_signature import Demand, sign
from services.approval.handling import Desk
from services.approval.http import Office, application
from services.sample_city.city import haizhou
from services.sample_city.permits import new_decision

AT_ONCE = 1000
BODY = "11990100MB0000001X"
LEAST_RATIO = 0.85
_serials = count(2_000_000)


def measure(ground: Ground) -> Iterator[Figure]:
    """Unsigned and signed ones take turns, so that a slow moment of the machine is no one's alone. The bureau's own
    signing is not in it."""
    rounds, many = (2, 200) if ground.quick else (8, AT_ONCE)
    with ground.fresh() as pair:
        engine = open_engine(pair.approval_url, application="bench")
        client = TestClient(application(Office(engine, Desk(engine, bytes(32), demand=Demand.NOBODY), "none")))
        signers: dict[Algorithm | None, Signer | None] = {None: None} | {one: _signer(engine, one) for one in Algorithm}
        spent = dict.fromkeys(signers, 0.0)
        _handed_in(client, None, many)  # prepares the statements
        for _ in range(rounds):
            for name, own in signers.items():
                spent[name] += _handed_in(client, own, many)
        engine.dispose()
    a_second = {name: rounds * many / seconds for name, seconds in spent.items()}
    for name, measured in a_second.items():
        signed = f"signed ({name})" if name else "unsigned"
        yield Figure(
            f"{many:,} decisions a request, {signed}",
            measured,
            PER_SECOND,
            beside=a_second[None] if name else None,
            least_ratio=LEAST_RATIO if name is Algorithm.ED25519 else None,
            note="beside: unsigned" if name else "",
        )


def _signer(engine: Engine, algorithm: Algorithm) -> Signer:
    now = datetime.now(UTC)
    own = signer(BODY, algorithm, new_secret(algorithm), now - timedelta(days=1))
    with engine.begin() as transaction:
        signing_keys.register(raw(transaction), BODY, own.key, "bench", now)
    return own


def _handed_in(client: TestClient, own: Signer | None, many: int) -> float:
    """Hand ``many`` new decisions in and return the seconds that the service took."""
    decisions = [_another() for _ in range(many)]
    headers = {"Linkage-Signature": sign(own, BODY, decisions)} if own else {}
    began = time.perf_counter()
    answer = client.post("/api/v1/decisions", json={"decisions": decisions}, headers=headers)
    seconds = time.perf_counter() - began
    assert answer.json()["accepted"] == many, answer.text[:300]
    return seconds


def _another() -> dict[str, Any]:
    serial = next(_serials)
    return new_decision(Random(serial), haizhou(), serial, datetime.now(UTC).date()) | {"deciding_body": BODY}
