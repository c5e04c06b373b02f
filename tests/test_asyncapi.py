"""The AsyncAPI document says what Kafka carries: every topic, every message, and nothing that is not so.

Its form is checked here by hand, since no package carries the official schema of AsyncAPI 3.0; that it is current,
``tests/test_docs.py`` sees.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from docs import asyncapi, golden, invented
from events.catalogue import CATALOGUE
from events.envelope import canonical
from events.log.commands import Command
from events.log.kafka.topics import ANNOUNCEMENTS, COMMANDS, events_topic, replies_topic
from services.approval.commands import DECISION_COMMAND, Asked, understand

DOCUMENT = asyncapi.document()
MESSAGES, SCHEMAS = DOCUMENT["components"]["messages"], DOCUMENT["components"]["schemas"]
NOT_IN_DRAFT_07 = {"$defs", "prefixItems", "dependentRequired", "unevaluatedProperties"}


def inside(said: Any, path: str = "#") -> Iterator[tuple[str, str, Any]]:
    """Yield every name in ``said``, where it stands, and what it holds."""
    pairs = said.items() if isinstance(said, Mapping) else enumerate(said) if isinstance(said, list) else ()
    for name, value in pairs:
        yield str(name), f"{path}/{name}", value
        yield from inside(value, f"{path}/{name}")


def complain_of(document: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the form of ``document``."""
    every = list(inside(document))
    places = {place for _, place, _ in every}
    found = [f"{place}: leads nowhere" for name, place, to in every if name == "$ref" and to not in places]
    found += [f"{place}: not in draft 07" for name, place, _ in every if name in NOT_IN_DRAFT_07]
    used = {operation["channel"]["$ref"] for operation in document["operations"].values()}
    used |= {o["reply"]["channel"]["$ref"] for o in document["operations"].values() if "reply" in o}
    found += [f"{name}: nobody uses it" for name in document["channels"] if f"#/channels/{name}" not in used]
    for name, operation in document["operations"].items():
        own = operation["channel"]["$ref"] + "/messages/"
        found += [f"{name}: of another channel" for m in operation["messages"] if not m["$ref"].startswith(own)]
        if operation["action"] not in ("send", "receive"):
            found.append(f"{name}: {operation['action']}")
    carried = {m["$ref"] for channel in document["channels"].values() for m in channel["messages"].values()}
    for name, message in document["components"]["messages"].items():
        missing = {"name", "summary", "payload", "contentType", "examples"} - message.keys()
        found += [f"{name}: no {part}" for part in sorted(missing)]
        if not message.get("bindings", {}).get("kafka", {}).get("key", {}).get("description"):
            found.append(f"{name}: what is its key?")
        if f"#/components/messages/{name}" not in carried:
            found.append(f"{name}: on no channel")
    return found


def test_the_document_is_whole() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert complain_of(DOCUMENT) == []


def test_what_is_wrong_with_a_document_is_noticed() -> None:
    broken = {
        "channels": {"a": {"messages": {}}, "b": {"messages": {"x": {"$ref": "#/components/messages/x"}}}},
        "operations": {
            "o": {"action": "publish", "channel": {"$ref": "#/channels/a"}, "messages": [{"$ref": "#/channels/b/x"}]}
        },
        "components": {"messages": {"x": {"name": "x"}, "y": {"payload": {"$defs": {}}}}},
    }
    assert len(complain_of(broken)) == 16


def test_every_topic_is_a_channel_as_the_code_makes_it() -> None:
    topics = (events_topic("approval"), events_topic("supervision"), ANNOUNCEMENTS, COMMANDS, replies_topic("{bureau}"))
    shown = {channel["address"]: channel["bindings"]["kafka"] for channel in DOCUMENT["channels"].values()}
    assert shown.keys() == {topic.name for topic in topics}
    for topic in topics:
        assert shown[topic.name]["partitions"] == topic.partitions
        assert shown[topic.name]["topicConfiguration"].keys() == topic.configuration.keys()


def test_every_event_is_said_by_one_side_but_for_what_each_says_of_itself() -> None:
    approval, supervision = (set(asyncapi.said_by(side)) for side in ("approval", "supervision"))
    of_each = {name for name, entry in CATALOGUE.items() if entry.model.__module__ in asyncapi.OF_EACH}
    assert approval & supervision == of_each
    assert {"limit_set", "calendar_days_set"} <= of_each
    assert approval | supervision == CATALOGUE.keys()
    assert {"permit_granted", "body_registered"} <= approval
    assert {"push_made", "duty_assigned"} <= supervision


@pytest.mark.parametrize("name", CATALOGUE)
def test_an_event_has_exactly_the_fields_that_the_document_names(name: str) -> None:
    payload = MESSAGES[name]["payload"]
    assert payload["properties"].keys() == golden.carried(golden.record())["value"].keys()
    schema = SCHEMAS[payload["properties"]["data"]["$ref"].removeprefix("#/components/schemas/")]
    assert schema["properties"].keys() == CATALOGUE[name].model.model_fields.keys()


def agree(value: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    assert set(schema["required"]) <= value.keys() <= schema["properties"].keys()


def test_records_and_replies_carry_the_headers_and_answers_that_the_document_names() -> None:
    agree(golden.carried(golden.record())["headers"], SCHEMAS["EventHeaders"])
    accepted, refused = SCHEMAS["Answer"]["oneOf"]
    for reply, schema in zip(golden.replies(), (accepted, refused), strict=True):
        agree(reply["headers"], SCHEMAS["ReplyHeaders"])
        agree(reply["value"], schema)
        with pytest.raises(AssertionError):
            agree(reply["value"], refused if schema is accepted else accepted)


def test_an_announcement_has_exactly_the_fields_that_the_document_names() -> None:
    (example,) = MESSAGES["announcement"]["examples"]
    assert example["payload"].keys() == SCHEMAS["Announcement"]["properties"].keys()
    agree(example["payload"], SCHEMAS["Announcement"])


def test_the_command_that_the_document_shows_is_understood_and_needs_each_header_that_it_names() -> None:
    (example,) = MESSAGES[DECISION_COMMAND]["examples"]
    value = canonical(example["payload"])
    headers = {name: text.encode() for name, text in example["headers"].items()}

    def asked(headers: Mapping[str, bytes]) -> bool:
        command = Command(0, 0, datetime.now(UTC), headers, value)
        return isinstance(understand(command, {invented.BODY}), Asked)

    assert asked(headers)
    assert set(SCHEMAS["CommandHeaders"]["required"]) == headers.keys()
    for name in headers:
        assert not asked({other: text for other, text in headers.items() if other != name}), name
