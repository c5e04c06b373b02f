"""An exported file whose end is gone: both verifiers name the first record that is not whole, in the same words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from docs.proof_samples import KEY, InventedLedger, invented_records
from services.command_line import program
from services.proof_file.layout import Proven
from services.proof_file.reading import NotProven, check_file
from services.proof_file.torn import Torn, torn
from services.proof_file.writing import proof_file
from tests.verifier import verifier

LEDGER = InventedLedger(invented_records(40))
FIRST, LAST = 5, 24
BY_NUMBERS = LEDGER.file(40, KEY, FIRST, LAST, earlier=(8,))
PLACES = 200


def of_streams() -> bytes:
    """Three permits, which have two records each: the file does not say which numbers they have."""
    positions = (3, 4, 9, 10, 21, 22)
    head = LEDGER.head(40, KEY, 1, 1)
    streams = sorted({str(LEDGER.records[at - 1].stream) for at in positions})
    chosen = [
        Proven(LEDGER.records[at - 1], LEDGER.links[at - 1], LEDGER.tree(40).inclusion(at - 1)) for at in positions
    ]
    head = type(head)(head.source, head.origin, head.hash, head.keys, head.checkpoint, [], {"streams": streams})
    return b"".join(proof_file(head, chosen, KEY, LEDGER.records[-1].recorded_at))


BY_STREAMS = of_streams()


def places(content: bytes) -> list[int]:
    """Return where files are cut: at and beside each end of a line, in characters of several bytes, and anywhere."""
    ends = [at + step for at, byte in enumerate(content) if byte == 10 for step in (-1, 0, 1)]
    in_characters = [at for at, byte in enumerate(content) if 0x80 <= byte < 0xC0]
    drawn = Random(20261129)
    chosen = {0, 1, *ends, *drawn.sample(in_characters, 30), *drawn.sample(range(len(content)), PLACES)}
    return sorted(at for at in chosen if at < len(content))


def cut_in(content: bytes, at: int) -> tuple[int, int]:
    """Return the line that is not whole, counted from 1, and the byte it begins at."""
    before = content[:at]
    return before.count(b"\n") + 1, before.rfind(b"\n") + 1


def said_by_both(content: bytes) -> str:
    script = verifier()
    with pytest.raises(script.Wrong) as by_script:
        script.check(content, [KEY.key.id])
    with pytest.raises(NotProven) as by_product:
        check_file(content, [KEY.key.id])
    if torn(content) is not None:
        assert str(by_script.value) == str(by_product.value)
    return str(by_script.value)


def test_wherever_a_file_is_cut_off_both_verifiers_name_the_first_record_that_is_not_whole() -> None:
    cuts = places(BY_NUMBERS)
    assert len(cuts) > PLACES
    for at in cuts:
        said, (line, offset) = said_by_both(BY_NUMBERS[:at]), cut_in(BY_NUMBERS, at)
        assert f"第 {line} 行，从字节 {offset} 起" in said, at
        assert said.count("缺失") == (at == offset), at
        position = FIRST + line - 2
        if line == 1:
            assert "首行" in said
        elif position > LAST:
            assert f"approval 账簿的 {LAST - FIRST + 1} 条记录都在，末行" in said
        else:
            assert f"approval 账簿第 {position} 号记录" in said
            assert f"此前 {position - FIRST} 条完整" in said
        assert "linkage proof export" in said


def named(content: bytes, by: Callable[[bytes], tuple[int, int]]) -> int:
    """Return in how many of its cut files the right line and byte are named."""
    return sum(by(content[:at]) == cut_in(content, at) for at in places(content))


def of_torn(content: bytes) -> tuple[int, int]:
    found = torn(content)
    assert found is not None
    return found.line, found.offset


def the_last_that_can_be_read(content: bytes) -> tuple[int, int]:
    """Broken on purpose: names the last record that it came to."""
    line = content.rstrip(b"\n").count(b"\n") + 1
    return line, content.rstrip(b"\n").rfind(b"\n") + 1


def by_letters(content: bytes) -> tuple[int, int]:
    """Broken on purpose: counts letters, and leaves out half a letter."""
    text = content.decode(errors="ignore")
    return text.count("\n") + 1, text.rfind("\n") + 1


def test_who_counts_letters_or_names_the_last_record_read_names_another_place() -> None:
    every = len(places(BY_NUMBERS))
    assert named(BY_NUMBERS, of_torn) == every
    assert named(BY_NUMBERS, the_last_that_can_be_read) < every
    assert named(BY_NUMBERS, by_letters) < every / 2


def test_where_the_numbers_are_not_known_the_record_before_is_named() -> None:
    numbers = [None, 3, 4, 9, 10, 21, 22]
    for at in places(BY_STREAMS):
        said, (line, offset) = said_by_both(BY_STREAMS[:at]), cut_in(BY_STREAMS, at)
        assert f"第 {line} 行，从字节 {offset} 起" in said, at
        if 3 <= line <= 7:
            assert f"第 {numbers[line - 2]} 号之后的" in said
        elif line == 8 and at >= offset + 3:
            assert "6 条记录都在，末行不完整" in said
        elif line == 8:
            assert "第 22 号之后的一行（记录或末行）" in said


def test_a_tail_of_zeros_and_a_gap_before_the_cut_are_named_too() -> None:
    """What a machine leaves that lost its power: room that was given and never written."""
    lines = BY_NUMBERS.splitlines(keepends=True)
    zeros = b"".join(lines[:6]) + bytes(4096)
    assert "approval 账簿第 10 号记录不完整" in said_by_both(zeros)
    assert "approval 账簿第 10 号记录不完整" in said_by_both(b"".join(lines[:6]) + bytes(100) + b"\n" + lines[7])
    gap = b"".join([*lines[:6], *lines[7:9]])
    assert "approval 账簿第 10 号记录缺失" in said_by_both(gap)


@pytest.mark.parametrize(
    "content",
    [b"[]\n", b"\x00" * 9, b'{"format":"linkage-proof/2"}\n', b'{"format":"linkage-proof/1","source":"\\u0007"}\n'],
)
def test_of_what_is_no_proof_file_no_record_is_named(content: bytes) -> None:
    assert torn(content) is None
    assert "截断" not in said_by_both(content)


def test_a_head_that_lies_about_its_numbers_makes_both_say_the_same() -> None:
    head, *rest = BY_NUMBERS.splitlines(keepends=True)
    for chosen in (b'{"from":9,"to":5}', b'{"from":0,"to":5}', b'{"from":5,"to":true}', b"[]"):
        said_by_both(head.replace(b'{"from":5,"to":24}', chosen) + rest[0])


def test_a_whole_file_is_not_torn() -> None:
    assert torn(BY_NUMBERS) is None
    assert torn(BY_STREAMS) is None


def test_the_command_names_it_for_people_and_for_programs(tmp_path: Path) -> None:
    file = tmp_path / "torn.jsonl"
    lines = BY_NUMBERS.splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:4]) + lines[4][:50])
    asked = ["verify", str(file), "--key", KEY.key.id]
    told = CliRunner().invoke(program(asked), asked)
    assert (told.exit_code, "第 8 号记录不完整（第 5 行" in told.output) == (1, True)
    said = json.loads(CliRunner().invoke(program(asked), [*asked, "--json"]).output)
    expected = Torn("record", "approval", 8, 7, 5, sum(map(len, lines[:4])), False, 3)
    assert said["torn"] == {name: getattr(expected, name) for name in Torn.__slots__}
