"""One text for each JSON value, whoever writes it; and what the ledgers hold is written so already."""

from __future__ import annotations

import struct

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docs.every_event import every_event
from events.catalogue import encode
from events.envelope import canonical
from events.proof.canonical_json import NotCanonical, canonical_json

# RFC 8785, appendix B: the bits of a double, and its text.
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555555": "333333333.3333333",
    "becbf647612f3696": "-0.0000033333333333333333",
}


@pytest.mark.parametrize("bits", NUMBERS)
def test_numbers_are_written_as_the_rfc_says(bits: str) -> None:
    assert canonical_json(struct.unpack(">d", bytes.fromhex(bits))[0]).decode() == NUMBERS[bits]


def test_keys_are_sorted_as_the_rfc_says() -> None:
    """RFC 8785, 3.2.3: by UTF-16 units, so that an emoji comes before a Hebrew presentation form."""
    said = {"€": 1, "\r": 2, "\ufb33": 3, "1": 4, "😀": 5, "\u0080": 6, "ö": 7}
    assert list(orjson.loads(canonical_json(said)).values()) == [2, 4, 6, 7, 1, 5, 3]
    assert list(orjson.loads(canonical(said)).values()) == [2, 4, 6, 7, 1, 3, 5], "what the ledger's writer would do"


def test_the_example_of_the_rfc_is_written_as_there() -> None:
    said = orjson.loads(
        r"""{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
             "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}"""
    )
    assert canonical_json(said).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        r'"string":"€$\u000f\nA' + "'" + r'B\"\\\\\"/"}'
    )


@pytest.mark.parametrize("value", [2**53 + 1, float("nan"), float("inf"), "\ud800", {"\udc00": 1}, {1: 2}, b"bytes"])
def test_what_has_no_canonical_text_is_refused_and_not_repeated(value: object) -> None:
    with pytest.raises(NotCanonical) as refused:
        canonical_json(value)
    assert refused.value.args[0].isidentifier()


def test_what_every_event_holds_is_written_as_the_rfc_says() -> None:
    """So that whoever reads a record and writes it again gets the bytes that its digest covers."""
    for event in every_event():
        _, _, data = encode(event)
        assert canonical_json(orjson.loads(data)) == data


@settings(max_examples=50)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(max_codepoint=0x7F)), inner),
        max_leaves=20,
    )
)
def test_without_fractions_and_with_keys_of_ascii_both_writers_write_the_same(value: object) -> None:
    assert canonical_json(value) == canonical(value)
