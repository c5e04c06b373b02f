"""What is said between the two sides stands in files: a change shows in review, what was once said stays readable."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docs import golden
from events.catalogue import CATALOGUE, Malformed, decode, encode, type_name
from events.envelope import canonical
from events.log.kafka.record import decode as from_kafka

RENEW = "run `python -m docs.generated` and read the difference"
OF_THIS_RELEASE = {path: text for path, text in golden.files().items() if path.is_relative_to(golden.FOLDER)}
OF_EVENTS = sorted((golden.FOLDER / "events").glob("*.json"))
NAMED = re.compile(r"(\w+)\.v(\d+)\.json")


def name_of(path: Path) -> str:
    return path.name


def said_in(path: Path) -> tuple[str, int, bytes]:
    """Return type, version and canonical data of a golden file."""
    named = NAMED.fullmatch(path.name)
    assert named, f"{path.name} is not called <type>.v<version>.json"
    return named[1], int(named[2]), canonical(orjson.loads(path.read_bytes()))


def agree(path: Path, said: str) -> None:
    assert path.exists(), f"{path.name} is missing: {RENEW}"
    assert path.read_text() == said, (
        f"what {path.name} shows is not what this release says. If readers of the old form would misread the new one, "
        f"raise the version in events/catalogue.py and write an upcaster; then {RENEW}"
    )


@pytest.mark.parametrize("path", OF_THIS_RELEASE, ids=name_of)
def test_what_is_said_is_what_the_file_shows(path: Path) -> None:
    agree(path, OF_THIS_RELEASE[path])


def test_a_changed_event_and_a_type_without_a_file_are_noticed_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "duty_ended.v1.json"
    with pytest.raises(AssertionError, match=r"is missing: run `python -m docs\.generated`"):
        agree(path, "{}")
    path.write_text('{"valid_to": "2026-12-31"}')
    with pytest.raises(AssertionError, match="raise the version"):
        agree(path, '{"valid_until": "2026-12-31"}')


def test_every_version_of_every_type_has_a_file_and_no_other_file_is_there() -> None:
    wanted = {f"{name}.v{version}.json" for name, entry in CATALOGUE.items() for version in range(1, entry.version + 1)}
    assert {path.name for path in OF_EVENTS} == wanted, RENEW


@pytest.mark.parametrize("path", OF_EVENTS, ids=name_of)
def test_what_the_file_shows_is_read_as_today(path: Path) -> None:
    event_type, version, data = said_in(path)
    read = decode(event_type, version, data)
    assert type_name(type(read)) == event_type
    if version == CATALOGUE[event_type].version:
        assert read == golden.examples()[event_type]
        assert encode(read) == (event_type, version, data)


def test_a_grant_of_the_first_version_is_read_with_its_end_left_open() -> None:
    _, _, old = said_in(golden.event_file("permit_granted", 1))
    _, _, new = said_in(golden.event_file("permit_granted", 2))
    today = orjson.loads(new)
    assert orjson.loads(old)["facts"]["valid_to"] == "2099-12-31"
    today["back_dated"], today["facts"]["valid_to"], today["flagged"] = False, None, []
    assert decode("permit_granted", 1, old) == decode("permit_granted", 2, canonical(today))


@pytest.mark.parametrize("event_type", CATALOGUE)
def test_the_file_shows_every_field_with_something_in_it(event_type: str) -> None:
    event = golden.examples()[event_type]
    for name, field in type(event).model_fields.items():
        assert field.is_required() or getattr(event, name) != field.default, f"{event_type}.{name}"


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
"""Whatever a release may record: a NUL, which no database text holds, is refused as no release's."""
WHATEVER = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)


def with_more(data: Any, name: str, value: Any) -> Any:
    """Return ``data`` with a field that nobody knows in it and in everything it holds, but for ``was``: names there
    are fields themselves."""
    if isinstance(data, list):
        return [with_more(one, name, value) for one in data]
    if not isinstance(data, dict):
        return data
    return {name: value} | {key: one if key == "was" else with_more(one, name, value) for key, one in data.items()}


@pytest.mark.parametrize("event_type", CATALOGUE)
@settings(max_examples=20)
@given(name=TEXT.map(lambda text: f"x_{text}"), value=WHATEVER)
def test_fields_of_a_later_release_survive_being_read_and_said_again(event_type: str, name: str, value: Any) -> None:
    version = CATALOGUE[event_type].version
    _, _, data = said_in(golden.event_file(event_type, version))
    richer = canonical(with_more(orjson.loads(data), name, value))
    assert encode(decode(event_type, version, richer)) == (event_type, version, richer)


def test_a_field_that_is_known_and_does_not_fit_is_no_field_of_a_later_release() -> None:
    with pytest.raises(Malformed, match="valid_to"):
        decode("duty_ended", 1, canonical({"valid_to": "never"}))


def test_what_kafka_carries_is_read_as_the_record_that_was_sent() -> None:
    shown = orjson.loads((golden.FOLDER / "kafka_record.json").read_bytes())
    headers = [(name, text.encode()) for name, text in shown["headers"].items()]
    read = from_kafka(
        "approval", shown["topic"], shown["partition"], 11, 0, shown["key"].encode(), canonical(shown["value"]), headers
    )
    assert read.defect is None
    sent = golden.record()
    assert (read.id, read.cloud_event(), read.data, read.personal) == (
        sent.id,
        sent.cloud_event(),
        sent.data,
        sent.personal,
    )
