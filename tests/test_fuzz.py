"""Bytes that nobody would send: a slice of `make fuzz`, the judge that finds what is wrong, and what it found."""

from __future__ import annotations

import base64

import orjson
import pytest

from docs.proof_samples import FOLDER, KEY
from events.catalogue import Malformed, decode
from events.proof.checkpoint import Checkpoint, signed
from events.proof.tree import Tree
from projections import watch_list_cursor
from projections.watch_list_cursor import CursorSpoiled, read_cursor
from projections.watch_list_filters import Filters
from services.problems import Problem
from services.proof_file.layout import manifest_line
from services.proof_file.reading import NotProven, check_file
from services.supervision.permit_answers import after_of
from tests.attack import fuzz as fuzzing
from tests.attack.known import NOW
from tests.attack.targets import TARGETS, Target, the_script
from tests.invented import MARKET_BUREAU

PERMIT = "019ac4d2-8a52-7d64-9c5e-0d7f3d0f6b01"


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_bytes_that_nobody_would_send_are_refused_and_nothing_else_comes_out(name: str) -> None:
    tried = fuzzing.fuzz(name, 0.6, most=400)
    assert (tried.wrong, tried.executions > 5) == ({}, True)


def test_a_reader_that_fails_or_dawdles_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken variants: one that lets the error of a library out, and one that takes its time."""
    broken = Target(lambda given: str(given.decode("ascii")).clear(), lambda: (b"good",))  # type: ignore[attr-defined]
    careless = Target(_as_ascii, lambda: (b"good",))
    monkeypatch.setattr(fuzzing, "TARGETS", {"broken": broken, "careless": careless})
    assert any(what.startswith("AttributeError") for what in fuzzing.fuzz("broken", 2.0, most=5).wrong)
    assert any(what.startswith("UnicodeDecodeError") for what in fuzzing.fuzz("careless", 2.0, most=200).wrong)
    monkeypatch.setattr(fuzzing, "SLOW", -1.0)
    assert any(what.startswith("longer than") for what in fuzzing.fuzz("careless", 2.0, most=5).wrong)


def _as_ascii(given: bytes) -> None:
    given.decode("ascii")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"facts": 1}', b'{"facts": "x"}', b"\xff"])
def test_an_event_of_an_old_version_that_is_none_is_malformed_and_parks_alone(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode("permit_granted", 1, data)


def forged(*said: object) -> str:
    """A cursor whose check fits: it is no secret, and anybody can make one."""
    content = orjson.dumps(said)
    return base64.urlsafe_b64encode(watch_list_cursor._check(content, MARKET_BUREAU, Filters()) + content).decode()


@pytest.mark.parametrize(
    "said",
    [
        (1, 5, NOW, None, "", ""),
        (1, "no permit", NOW, None, "", ""),
        (1, PERMIT, 7, None, "", ""),
        (1, PERMIT, "yesterday", None, "", ""),
        (1, PERMIT, NOW, "2031-13-01", "", ""),
        (1, PERMIT, NOW, None, 3, {}),
        (2, PERMIT, NOW, None, "", ""),
        (1, PERMIT),
    ],
)
def test_a_cursor_that_somebody_made_himself_is_spoiled_and_no_defect(said: tuple[object, ...]) -> None:
    assert read_cursor(forged(1, PERMIT, NOW, None, "", ""), MARKET_BUREAU, Filters()).changed_at == NOW
    with pytest.raises(CursorSpoiled):
        read_cursor(forged(*said), MARKET_BUREAU, Filters())


def test_the_first_day_there_is_in_a_zone_that_is_ahead_of_ours_is_a_spoiled_cursor() -> None:
    for since in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"):
        with pytest.raises(Problem) as refused:
            after_of(f"{since}~{PERMIT}")
        assert (refused.value.status, refused.value.code) == (400, "cursor_spoiled")


def test_a_proof_file_that_says_it_has_numbers_without_end_is_refused_at_once() -> None:
    """Whoever brings a key of his own along signs what he likes; neither reader may count to where he says."""
    lines = (FOLDER / "proof.jsonl").read_bytes().rstrip(b"\n").split(b"\n")[:-1]
    head = orjson.loads(lines[0])
    head["chosen"]["to"] = 10**15
    lines[0] = orjson.dumps(head)
    tree = Tree.over(lines)
    note = signed(Checkpoint(KEY.key.name + "/export", tree.size, tree.root, NOW.replace(hour=2)), KEY)
    content = b"\n".join((*lines, manifest_line(note), b""))
    script = the_script()
    with pytest.raises(script.Wrong, match="编号不连续"):
        script.check(content)
    with pytest.raises(NotProven, match="numbers are missing"):
        check_file(content)
