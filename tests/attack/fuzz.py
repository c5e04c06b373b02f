"""``make fuzz MINUTES=…``: bytes that nobody would send, to what reads foreign bytes. Leaves with 1 when something
other than its own refusal came out, or when one input took longer than a second.

By mutations of good inputs under one seed; nothing measures which code they reach.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from events.catalogue import CATALOGUE, Malformed, UnknownType, decode
from services.tables.faults import UnreadableFile
from services.tables.limits import Limits
from services.tables.opened import opened_rows
from services.webhooks.checking import NotOurs, check
from services.webhooks.schedule import asked_to_wait
from services.webhooks.signing import given_away
from services.webhooks.targets import Allowed, Refused, target_of

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
SECRET = "whsec_" + "A" * 43 + "="
PUBLIC = given_away("whsk_" + "B" * 43 + "=")
TYPES = sorted(CATALOGUE)
SLOW = 1.0
_PLACE = Path(tempfile.gettempdir()) / "linkage-fuzz"


def events(given: bytes) -> None:
    """An event's data, of a type that its first byte chooses."""
    kind = TYPES[given[0] % len(TYPES)] if given else TYPES[0]
    with suppress(Malformed, UnknownType):
        decode(kind, CATALOGUE[kind].version, given[1:])


def tables(given: bytes) -> None:
    """A file that a clerk hands in, whatever it is."""
    _PLACE.write_bytes(given or b"\0")
    try:
        for _ in opened_rows(_PLACE, len, Limits(rows=1000)):
            pass
    except UnreadableFile:
        pass


def webhooks(given: bytes) -> None:
    """Headers and body of a message that claims to be ours."""
    message, stamp, signature, body = (given.split(b"\n", 3) + [b""] * 4)[:4]
    headers = {
        "webhook-id": message.decode("latin-1"),
        "webhook-timestamp": stamp.decode("latin-1"),
        "webhook-signature": signature.decode("latin-1"),
    }
    try:
        check(headers, body, [SECRET, PUBLIC], NOW)
    except NotOurs:
        return
    raise AssertionError("a forged message was taken")


def addresses(given: bytes) -> None:
    """An address that somebody registers, a list of targets, and how long a receiver asks to be left alone."""
    text = given.decode("latin-1")
    asked_to_wait(text, NOW)
    try:
        target = target_of(text)
        assert target.host
        assert "\r" not in target.path + target.host
    except Refused:
        pass
    with suppress(ValueError):
        Allowed.of(text)


TARGETS: Mapping[str, tuple[Callable[[bytes], None], tuple[bytes, ...]]] = {
    "events": (events, (b'\0{"a": 1}', b'\3{"rule": "019ac4d2-8a52-7d64-9c5e-0d7f3d0f6b01", "body": "1"}')),
    "tables": (tables, ("甲,乙\n1,2\n".encode(), "甲\t乙\n".encode("gb18030"), b"PK\x03\x04" + b"\0" * 40)),
    "webhooks": (webhooks, (b"id\n1795492800\nv1,AAAA v1a,BBBB\n{}", b"id\n1795492800\nv1a," + b"A" * 86 + b"==\n{}")),
    "addresses": (addresses, (b"https://hooks.example.cn:8443/a?b=c", b"10.0.0.0/8, http://[::1]", b"120")),
}


def mutated(good: bytes, chance: random.Random) -> bytes:
    """Return ``good`` with a few of its bytes changed, left out, repeated or put in."""
    spoiled = bytearray(good)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(spoiled) + 1)
        match chance.randrange(4):
            case 0:
                spoiled[at:at] = chance.randbytes(chance.randint(1, 6))
            case 1:
                del spoiled[at : at + chance.randint(1, 6)]
            case 2:
                spoiled[at : at + 1] = chance.choice((b"\0", b"\xff", b'"', b"{", b"[", b"-", b"9" * 40, b"e999", b","))
            case _:
                spoiled[at:at] = spoiled[:at][-chance.randint(1, 30) :]
    return bytes(spoiled)


def fuzz(name: str, seconds: float, seed: int = 1, most: int | None = None) -> tuple[int, list[str]]:
    """Return how many inputs ``name`` was given, and what it did wrong, each with the input that shows it."""
    run, good = TARGETS[name]
    chance, ends = random.Random(seed), time.monotonic() + seconds
    corpus, given, wrong = list(good), 0, list[str]()
    while time.monotonic() < ends and (most is None or given < most):
        one, given = mutated(chance.choice(corpus), chance), given + 1
        began = time.monotonic()
        try:
            run(one)
        except Exception as error:
            wrong.append(f"{name}: {type(error).__name__}: {one[:200].hex()}")
        if time.monotonic() - began > SLOW:
            wrong.append(f"{name}: longer than {SLOW} s: {one[:200].hex()}")
        if chance.random() < 0.01 and len(corpus) < 500 and len(one) < 4000:
            corpus.append(one)
    return given, wrong


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.attack.fuzz", description=__doc__)
    asked.add_argument("--minutes", type=float, default=30)
    asked.add_argument("--seed", type=int, default=1)
    said = asked.parse_args()
    failed = False
    for name in TARGETS:
        given, wrong = fuzz(name, said.minutes * 60 / len(TARGETS), said.seed)
        print(name, given, *wrong[:20], sep="\n  ")
        failed = failed or bool(wrong)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
