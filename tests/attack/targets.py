"""What reads foreign bytes, each as one function of bytes: its own refusal is all that may come out of it.

Good inputs to begin from are made when they are asked for. ``files.py`` has the readers of files,
``messages.py`` those of what comes by the log.
"""

from __future__ import annotations

import base64
import importlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import ModuleType
from urllib.parse import parse_qsl

import orjson
from pydantic import ValidationError

from docs.proof_samples import FOLDER, KEY
from events.proof.canonical_json import NotCanonical, canonical_json
from events.proof.checkpoint import Checkpoint, signed
from events.proof.tree import Tree
from projections import watch_list_cursor
from projections.watch_list_filters import Filters
from services import handing_in, handover_reading, rule_reading
from services.access.machine_keys import key_within, shown_key
from services.approval import batch_signature, http_tasks
from services.problems import Problem
from services.proof_file.layout import manifest_line
from services.proof_file.reading import NotProven, check_file
from services.refusing import Refused
from services.supervision import case_questions, http_rules, penalty_http, permit_answers
from services.supervision.asked import AskedByProgram
from services.webhooks.checking import NotOurs, check
from services.webhooks.schedule import asked_to_wait
from services.webhooks.signing import given_away
from services.webhooks.targets import Allowed, target_of
from services.webhooks.targets import Refused as NotAllowed
from tests.attack import files, messages
from tests.attack.known import DEPLOY, KEYS, NOW
from tests.invented import BODY, MARKET_BUREAU

SECRET = "whsec_" + "A" * 43 + "="
PUBLIC = given_away("whsk_" + "B" * 43 + "=")


@dataclass(frozen=True, slots=True)
class Target:
    """``good``: inputs that are taken, or nearly."""

    run: Callable[[bytes], None]
    good: Callable[[], Sequence[bytes]]


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
    except NotAllowed:
        pass
    with suppress(ValueError):
        Allowed.of(text)


def queries(given: bytes) -> None:
    """A cursor of each list, the filters of an address, and a key that may stand in one. The check within the cursor
    of a watch list is no secret: it is put right, so that what it covers is read."""
    text = given.decode("utf-8", "replace")
    shown_key(text)
    key_within(text)
    for after in (
        rule_reading._after, http_rules._place, penalty_http.after_cursor, permit_answers.after_of, http_tasks._after,
        handover_reading._after,
    ):  # fmt: skip
        with suppress(Problem):
            after(text)
    with suppress(ValueError):
        case_questions.After.of(text)
    filters = Filters()
    checked = watch_list_cursor._check(given, MARKET_BUREAU, filters) + given
    for cursor in (text, base64.urlsafe_b64encode(checked).decode()):
        with suppress(watch_list_cursor.CursorSpoiled):
            watch_list_cursor.read_cursor(cursor, MARKET_BUREAU, filters)
    for form in (AskedByProgram, rule_reading.AskedRules, handover_reading.AskedHandovers, http_tasks.AskedTasks):
        with suppress(ValidationError, Problem):
            asked = form.model_validate(dict(parse_qsl(text)))
            if isinstance(asked, AskedByProgram):
                asked.awaited()
                asked.filters()
            elif isinstance(asked, http_tasks.AskedTasks):
                asked.wanted()


def good_queries() -> Sequence[bytes]:
    permit = "019ac4d2-8a52-7d64-9c5e-0d7f3d0f6b01"
    place = orjson.dumps([1, permit, NOW, date(2031, 11, 19), "000131003000", "990102001"])
    asked = f"status=valid&expiring_within=30&changed_since=2026-11-24&unsigned=true&wait_for={permit}@1&limit=5"
    cursors = [f"{NOW.isoformat()}~{permit}", f"{NOW.isoformat()}~{permit}~1", f"2026-11-24~{permit}"]
    return [*(one.encode() for one in (*cursors, asked)), place, b"lk_0123456789ab_" + b"0" * 64]


def signatures(given: bytes) -> None:
    """A batch and the header that signs it. What has a plain text has the same by RFC 8785."""
    header, _, body = given.partition(b"\n")
    try:
        said = json.loads(body, parse_int=handing_in._whole, parse_constant=handing_in._refused)
    except (ValueError, RecursionError):
        return
    items = said if isinstance(said, list) else [said]
    with suppress(Refused):
        batch_signature.check(header.decode("latin-1"), items, KEYS, NOW)
    for item in items[:20]:
        with suppress(NotCanonical):
            assert batch_signature._text(item) == canonical_json(item)


def good_signatures() -> Sequence[bytes]:
    items = [{"a": 1.5, "字": ["甲", None]}, "1", {"b": 2**60}]
    text = json.dumps(items, ensure_ascii=False).encode()
    return [
        batch_signature.sign(KEY, BODY, items[:2]).encode() + b"\n" + text,
        f"key={KEY.key.id},sig=AAAA\n1".encode(),
    ]


def proofs(given: bytes) -> None:
    """A proof file or a receipt, to the product and to the script that needs nothing of it: both say the same. Behind
    a first byte of 1 the owner of the key signs whatever it is, so that the rest is read; what is odd in it, either may
    take or refuse."""
    script = the_script()
    content = given[1:]
    if given[:1] == b"\1":
        lines = content.split(b"\n")
        at = datetime(2026, 11, 24, 2, tzinfo=UTC)
        tree = Tree.over(lines)
        note = signed(Checkpoint(KEY.key.name + "/export", tree.size, tree.root, at), KEY)
        content = content + b"\n" + manifest_line(note) + b"\n"
    try:
        script.check(content, [KEY.key.id])
        by_script = True
    except (script.Wrong, script.Unreadable):
        by_script = False
    try:
        check_file(content, [KEY.key.id])
        by_product = True
    except NotProven:
        by_product = False
    assert by_script == by_product or given[:1] == b"\1", "the script and the product do not say the same"


def the_script() -> ModuleType:
    if str(DEPLOY) not in sys.path:
        sys.path.append(str(DEPLOY))
    return importlib.import_module("verify_linkage")


def good_proofs() -> Sequence[bytes]:
    said = [path.read_bytes() for path in sorted(FOLDER.glob("*.json*"))]
    clean = (FOLDER / "proof.jsonl").read_bytes()
    return [*(b"\0" + one for one in said), b"\1" + clean[: clean.rstrip(b"\n").rindex(b"\n")]]


TARGETS: Mapping[str, Target] = {
    "events": Target(messages.events, messages.good_events),
    "records": Target(messages.records, messages.good_records),
    "tables": Target(files.tables, files.good_tables),
    "sheets": Target(files.sheets, files.good_sheets),
    "imports": Target(files.imports, files.good_imports),
    "webhooks": Target(
        webhooks,
        lambda: (b"id\n1795492800\nv1,AAAA v1a,BBBB\n{}", b"id\n1795492800\nv1a," + b"A" * 86 + b"==\n{}"),
    ),
    "addresses": Target(
        addresses, lambda: (b"https://hooks.example.cn:8443/a?b=c", b"10.0.0.0/8, http://[::1]", b"120")
    ),
    "queries": Target(queries, good_queries),
    "signatures": Target(signatures, good_signatures),
    "proofs": Target(proofs, good_proofs),
}
