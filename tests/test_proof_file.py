"""A proof file says whether anything of it was changed: to the product, and to one script that needs nothing of it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from types import ModuleType
from typing import Any

import orjson
import pytest

from docs.proof_samples import (
    BEGAN,
    FOLDER,
    KEY,
    ORIGIN,
    PUSH_KEY,
    STRANGER,
    InventedLedger,
    invented_pushes,
    invented_records,
    rewritten,
)
from events.envelope import GENESIS
from events.proof.signing import Algorithm, Signer, new_secret, signer
from events.proof.tree import TreeHash
from services.proof_file.reading import NotProven, check_file
from tests.verifier import SCRIPT, verifier

EACH = 1000
RECORDS = invented_records(24)
LEDGER = InventedLedger(RECORDS)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return verifier()


def clean_file(drawn: Random, ledger: InventedLedger = LEDGER, key: Signer = KEY) -> bytes:
    size = drawn.randint(2, len(RECORDS))
    first = drawn.randint(1, size - 1)
    last = drawn.randint(first + 1, min(size, first + 5))
    earlier = sorted(drawn.sample(range(1, size), min(size - 1, drawn.randint(0, 2))))
    return ledger.file(size, key, first, last, earlier)


def flip(content: bytes, drawn: Random) -> bytes:
    at = drawn.randrange(len(content))
    return content[:at] + bytes([content[at] ^ drawn.randint(1, 255)]) + content[at + 1 :]


def drop(content: bytes, drawn: Random) -> bytes:
    lines = content.splitlines(keepends=True)
    lines.pop(drawn.randrange(len(lines)))
    return b"".join(lines)


def swap(content: bytes, drawn: Random) -> bytes:
    lines = content.splitlines(keepends=True)
    one, other = drawn.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def insert(content: bytes, drawn: Random) -> bytes:
    lines = content.splitlines(keepends=True)
    another = drawn.choice([*lines, *clean_file(drawn).splitlines(keepends=True)[1:-1]])
    lines.insert(drawn.randint(0, len(lines)), another)
    return b"".join(lines)


def truncate(content: bytes, drawn: Random) -> bytes:
    return content[: drawn.randrange(len(content))]


def sign_again(content: bytes, drawn: Random) -> bytes:
    """Rewrite a record, make digest, chain, tree and every signature anew, and bring the key along in the file."""
    forged = InventedLedger(rewritten(RECORDS, drawn.randint(1, len(RECORDS))))
    return clean_file(drawn, forged, STRANGER)


TAMPERINGS: tuple[Callable[[bytes, Random], bytes], ...] = (flip, drop, swap, insert, truncate, sign_again)


def tampered(many: int) -> Iterator[tuple[str, bytes]]:
    drawn = Random(20261128)
    for number in range(many):
        tamper = TAMPERINGS[number % len(TAMPERINGS)]
        yield tamper.__name__, tamper(clean_file(drawn), drawn)


def found(script: ModuleType, content: bytes) -> bool:
    try:
        script.check(content, [KEY.key.id])
    except script.Wrong:
        return True
    return False


def found_by_product(content: bytes) -> bool:
    try:
        check_file(content, [KEY.key.id])
    except NotProven:
        return True
    return False


def test_of_a_thousand_files_that_were_tampered_with_every_one_is_found(script: ModuleType) -> None:
    missed = [kind for kind, content in tampered(EACH) if not found(script, content)]
    assert missed == []


def test_of_a_thousand_clean_files_none_is_called_false(script: ModuleType) -> None:
    drawn = Random(1)
    assert [number for number in range(EACH) if found(script, clean_file(drawn))] == []


def test_the_product_says_the_same_as_the_script() -> None:
    drawn = Random(2)
    assert [kind for kind, content in tampered(240) if not found_by_product(content)] == []
    assert not any(found_by_product(clean_file(drawn)) for _ in range(100))


def chain_holds(content: bytes) -> bool:
    """A verifier of the chain alone, without any head that was published: the negative control."""
    previous = None
    for line in content.splitlines():
        try:
            said = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if "link" in said:
            names = ("causation", "correlation", "id", "occurred_at", "personal", "schema", "stream", "type", "version")
            covered: dict[str, Any] = {name: said[name] for name in names} | {"source": "approval"}
            covered["data"] = hashlib.sha256(said["data"].encode()).hexdigest()
            digest = hashlib.sha256(orjson.dumps(covered, option=orjson.OPT_SORT_KEYS)).digest()
            row = said["position"].to_bytes(8, "big") + said["recorded_at"].to_bytes(8, "big") + digest
            before = previous if previous is not None else GENESIS if said["position"] == 1 else None
            if before is not None and hashlib.sha256(before + row).hexdigest() != said["link"]:
                return False
            previous = bytes.fromhex(said["link"])
    return True


def test_a_verifier_of_the_chain_alone_misses_an_end_that_was_cut_off_and_a_chain_that_was_made_anew() -> None:
    drawn = Random(3)
    for tamper in (truncate, sign_again):
        assert all(chain_holds(tamper(clean_file(drawn), drawn)) for _ in range(50))
    content = clean_file(drawn)
    assert not chain_holds(content.replace(b"2026", b"2027")), "it does find a record that was changed alone"


def test_without_a_key_that_was_compared_a_forged_file_agrees_with_itself_and_is_not_called_proven(
    script: ModuleType,
) -> None:
    forged = sign_again(b"", Random(4))
    assert script.check(forged)[1] == STRANGER.key.id
    check_file(forged)


def test_a_root_kept_at_home_shows_a_ledger_rewritten_by_the_owner_of_the_key(script: ModuleType) -> None:
    forged = InventedLedger(rewritten(RECORDS, 3)).file(12, KEY, 1, 4, earlier=(6,))
    kept = [(6, LEDGER.tree(6).root.hex()[:16])]
    assert script.check(LEDGER.file(12, KEY, 1, 4, earlier=(6,)), [KEY.key.id], kept)
    with pytest.raises(script.Wrong, match="与您留存的不同"):
        script.check(forged, [KEY.key.id], kept)
    with pytest.raises(script.Wrong, match="不能与您留存的比对"):
        script.check(LEDGER.file(12, KEY, 1, 4), [KEY.key.id], kept)
    assert script.check(forged, [KEY.key.id]), "without it nothing shows"


def test_a_file_whose_maker_left_a_record_out_is_not_what_it_says_it_is(script: ModuleType) -> None:
    """Signed by the right key, from the right ledger: what was chosen stands in the head."""
    head, drawn = LEDGER.head(12, KEY, 2, 6), [2, 3, 5, 6]
    from services.proof_file.layout import Proven
    from services.proof_file.writing import proof_file

    some = [Proven(RECORDS[at - 1], LEDGER.links[at - 1], LEDGER.tree(12).inclusion(at - 1)) for at in drawn]
    content = b"".join(proof_file(head, some, KEY, RECORDS[12].recorded_at))
    with pytest.raises(script.Wrong, match="不连续"):
        script.check(content)
    with pytest.raises(NotProven, match="numbers are missing"):
        check_file(content)


@pytest.mark.parametrize("hashed", list(TreeHash))
@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_each_algorithm_is_checked_by_both(script: ModuleType, hashed: TreeHash, algorithm: Algorithm) -> None:
    key = signer(ORIGIN, algorithm, new_secret(algorithm), BEGAN)
    content = InventedLedger(RECORDS, hashed).file(10, key, 2, 5, earlier=(4,))
    assert script.check(content, [key.key.id])[1] == key.key.id
    assert check_file(content, [key.key.id]).signers == [key.key.id]
    changed = content.replace("样例".encode(), "范例".encode(), 1)
    with pytest.raises(script.Wrong):
        script.check(changed)


def test_a_receipt_proves_its_record_and_the_code_of_its_paper(script: ModuleType) -> None:
    content, code = LEDGER.receipt(20, KEY, 7), LEDGER.digests[6].hex()[:16]
    assert script.check(content, [KEY.key.id], code=code)
    assert check_file(content, [KEY.key.id]).records == 1
    with pytest.raises(script.Wrong, match="校验码不一致"):
        script.check(content, code="0" * 16)
    said = orjson.loads(content)
    for changed in ({"position": 8}, {"recorded_at": said["record"]["recorded_at"] + 1}, {"digest": "00" * 32}):
        other = orjson.dumps(said | {"record": said["record"] | changed})
        with pytest.raises(script.Wrong):
            script.check(other)
        with pytest.raises(NotProven):
            check_file(other)


@pytest.mark.parametrize(
    ("written", "otherwise"),
    [
        (b"+hvaQ/n42s", b"+hvaQ/n4 2s"),
        (b'"valid_until": null', b'"valid_for": null'),
        (b"24T01:00:00Z", b"24E01:00:00Z"),
        (b"24T01:00:00Z", b"24 01:00:00Z"),
        (b'"2026-11-24T01:00:00Z"', b"1764000000"),
        (b'"source": "approval"', b'"source": "\\ud800"'),
        (b'"position": 5', b'"position": NaN'),
    ],
)
def test_a_receipt_that_some_reader_takes_for_another_is_taken_by_neither(
    script: ModuleType, written: bytes, otherwise: bytes
) -> None:
    """Guided bytes found these: one of the two read them, and the other did not."""
    content = (FOLDER / "receipt.json").read_bytes()
    assert not found(script, content)
    assert not found_by_product(content)
    assert content.count(written) == 1
    assert found(script, content.replace(written, otherwise))
    assert found_by_product(content.replace(written, otherwise))


PUSHES = InventedLedger(invented_pushes(12), source="supervision")


def fails(content: bytes) -> bool:
    """Whether both verifiers find that a push's receipt does not hold; they must agree."""
    found_by_script = False
    try:
        verifier().check(content, [PUSH_KEY.key.id])
    except verifier().Wrong:
        found_by_script = True
    try:
        check_file(content, [PUSH_KEY.key.id])
    except NotProven:
        assert found_by_script
        return True
    assert not found_by_script
    return False


def spoiled(value: Any, drawn: Random) -> Any:
    """Return another value of the same kind."""
    match value:
        case int():
            return value + drawn.randint(1, 9)
        case str():
            return value.replace(drawn.choice(value), "#")
        case list():
            return value[:-1]
    return "0" * 64


def test_a_receipt_of_a_push_says_what_was_told_and_who_signed_and_nothing_of_it_can_be_changed(
    script: ModuleType,
) -> None:
    content = PUSHES.of_push(12, PUSH_KEY, 4, 5, 6)
    said = script.check(content, [PUSH_KEY.key.id], code=PUSHES.digests[5].hex()[:16])[0]
    assert "推送（第 4 号）、已阅（第 5 号）、签收（第 6 号）" in said
    assert check_file(content, [PUSH_KEY.key.id]).records == 3
    for clean in ((4,), (4, 5), (7, 9), (10, 12)):
        assert not fails(PUSHES.of_push(12, PUSH_KEY, *clean))
    for wrong in ((5, 6), (4, 9), (4, 6, 5), (4, 5, 5), (4, 7)):
        assert fails(PUSHES.of_push(12, PUSH_KEY, *wrong)), wrong
    drawn, whole = Random(7), orjson.loads(content)
    for _ in range(200):
        # Inside of what is proven: layout, and what merely names a record's neighbours in JSON, is nobody's claim.
        at = drawn.randrange(3)
        name = drawn.choice(["position", "recorded_at", "id", "stream", "version", "type", "data", "proof", "personal"])
        changed = orjson.loads(content)
        before = changed["records"][at][name]
        changed["records"][at][name] = spoiled(before, drawn)
        assert changed != whole
        assert fails(orjson.dumps(changed)), name
    with pytest.raises(script.Wrong, match="校验码"):
        script.check(content, code="0" * 16)


def test_a_step_of_another_department_or_a_push_that_did_not_go_there_is_no_receipt() -> None:
    """Each record is proven; together they say what never was."""
    strange = [
        replace(one, data=one.data.replace(b"0000101A", b"0000102B")) if one.position in (6, 9) else one
        for one in invented_pushes(12)
    ]
    ledger = InventedLedger(strange, source="supervision")
    assert not fails(ledger.of_push(12, PUSH_KEY, 4, 5))
    assert fails(ledger.of_push(12, PUSH_KEY, 4, 6)), "signed by who was not told"
    assert fails(ledger.of_push(12, PUSH_KEY, 4, 5, 6)), "steps of two departments"


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"1", b"null\n\n\n", b"\xff\xfe", b'{"format":1}', b"[" * 9999])
def test_what_is_no_proof_file_is_called_so(script: ModuleType, content: bytes) -> None:
    assert found(script, content)
    assert found_by_product(content)


def test_the_script_imports_nothing_but_the_standard_library_and_cryptography() -> None:
    named = set()
    for line in SCRIPT.read_text().splitlines():
        words = line.split()
        if words[:1] in (["import"], ["from"]) and len(words) > 1:
            named.add(words[1].split(".")[0])
    assert named - set(sys.stdlib_module_names) == {"cryptography"}


CALLED = {
    "proof.jsonl": 0,
    "proof-one-letter-changed.jsonl": 1,
    "proof-record-left-out.jsonl": 1,
    "proof-records-swapped.jsonl": 1,
    "proof-end-cut-off.jsonl": 1,
    "proof-torn-in-a-record.jsonl": 1,
    "proof-rewritten-and-signed-by-another-key.jsonl": 1,
    "proof-rewritten-and-signed-by-the-same-key.jsonl": 0,
    "receipt.json": 0,
    "receipt-of-another-content.json": 1,
    "push-receipt.json": 0,
    "push-receipt-signed-by-another-officer.json": 1,
    "push-receipt-without-its-push.json": 1,
    "push-receipt-of-another-push.json": 1,
    "push-receipt-rewritten-by-the-same-key.json": 0,
}


def called(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the script as somebody at home does, in a folder where nothing of the product is."""
    return subprocess.run([sys.executable, "-I", str(SCRIPT), *words], capture_output=True, text=True, cwd="/")


def test_the_sample_files_are_what_their_readme_says() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {*CALLED, "README.md"}
    for name, code in CALLED.items():
        said = called(str(FOLDER / name), "--key", (PUSH_KEY if name.startswith("push") else KEY).key.id)
        assert said.returncode == code, (name, said.stdout, said.stderr)
        assert said.stdout.startswith(("通过", "不通过")[code]), name


def test_the_script_says_what_it_was_not_told_and_what_it_cannot_read() -> None:
    sample = str(FOLDER / "proof.jsonl")
    unsure, gone = called(sample), called("/nowhere.jsonl")
    assert (unsure.returncode, KEY.key.id in unsure.stdout) == (3, True)
    assert (gone.returncode, "无法核验" in gone.stderr) == (2, True)
    kept = called(
        str(FOLDER / "proof-rewritten-and-signed-by-the-same-key.jsonl"),
        "--key",
        KEY.key.id,
        "--root",
        "8:" + InventedLedger(invented_records(12)).tree(8).root.hex()[:16],
    )
    assert (kept.returncode, "与您留存的不同" in kept.stdout) == (1, True)
