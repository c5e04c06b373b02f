"""Lists read a decision exactly as its models do, and refuse what they refuse."""

from __future__ import annotations

import types
import typing
from datetime import date
from pathlib import Path
from uuid import UUID

import msgspec
import orjson
import pytest
from pydantic import BaseModel

from docs import golden
from events import approval
from events.approval import Decided, PermitFacts
from events.catalogue import CATALOGUE, DECISIONS, Malformed, UnknownType, decode
from events.envelope import canonical
from projections.listed_decision import ListedDecision, ListedFacts, ListedParty, ListedRule, read_decision

SAME: dict[type[BaseModel], type[msgspec.Struct]] = {
    approval.Party: ListedParty,
    PermitFacts: ListedFacts,
    approval.RuleMet: ListedRule,
    Decided: ListedDecision,
}
OF_SOME_TYPES = {"changed", "was", "retracted_version"}
"""Fields that only some decisions have: they stand in the one struct as optional."""


@pytest.mark.parametrize("model", SAME)
def test_the_list_knows_every_field_of_a_decision_by_the_same_type(model: type[BaseModel]) -> None:
    read = typing.get_type_hints(SAME[model])
    told = {name: field.annotation for name, field in model.model_fields.items()}
    assert read.keys() - OF_SOME_TYPES == told.keys()
    for name, kind in told.items():
        assert _plain(read[name]) == _plain(kind), name


def _plain(kind: object) -> object:
    """A type, with our models and their structs taken for the same, also within tuples, and unions without an order."""
    if isinstance(kind, types.UnionType):
        return frozenset(map(_plain, typing.get_args(kind)))
    if typing.get_origin(kind) is tuple:
        return tuple(map(_plain, typing.get_args(kind)))
    return SAME.get(kind, kind) if isinstance(kind, type) else kind


@pytest.mark.parametrize("path", sorted(golden.FOLDER.glob("events/*.json")), ids=lambda path: path.stem)
def test_a_decision_of_every_type_and_version_is_read_with_the_same_values(path: Path) -> None:
    event_type, version = path.stem.split(".v")
    data = canonical(orjson.loads(path.read_bytes()))
    if event_type not in DECISIONS:
        with pytest.raises(UnknownType):
            read_decision(event_type, int(version), data)
        return
    told = decode(event_type, int(version), data).model_dump()
    read = msgspec.to_builtins(read_decision(event_type, int(version), data), builtin_types=(UUID, date))
    assert {name: value for name, value in read.items() if name in told} == taken_apart(told)


def taken_apart(told: dict[str, object]) -> dict[str, object]:
    """Enumerations as their values: that is how a struct is taken apart."""
    return {name: msgspec.to_builtins(value, builtin_types=(UUID, date)) for name, value in told.items()}


GRANT = orjson.loads((golden.FOLDER / "events/permit_granted.v2.json").read_bytes())


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"[]", "no object"),
        (b"{", "not readable"),
        (b"{}", "facts"),
        (canonical(GRANT | {"status": "13800138000"}), "status"),
        (canonical(GRANT | {"facts": GRANT["facts"] | {"valid_to": "never"}}), "facts.valid_to"),
        (canonical(GRANT | {"facts": {**GRANT["facts"], "party": {"kind": "自然人", "label": "张*"}}}), "party_id"),
        (canonical(GRANT | {"legal_basis": 5}), "legal_basis"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_field_and_without_the_value(data: bytes, field: str) -> None:
    with pytest.raises(Malformed) as refused:
        read_decision("permit_granted", CATALOGUE["permit_granted"].version, data)
    assert field in str(refused.value)
    assert "13800138000" not in str(refused.value)
    with pytest.raises((Malformed, orjson.JSONDecodeError)):
        decode("permit_granted", CATALOGUE["permit_granted"].version, data)


def test_a_version_of_a_later_release_is_unknown() -> None:
    with pytest.raises(UnknownType, match="version 3"):
        read_decision("permit_granted", 3, canonical(GRANT))
