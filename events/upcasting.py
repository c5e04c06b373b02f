"""Old versions of events, read as today's. One function for each step: it takes the old data and returns the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Data = dict[str, Any]


def permit_granted_1_to_2(data: Data) -> Data:
    """Version 1 wrote 2099-12-31 for 长期, as the 双公示 file does; version 2 leaves ``valid_to`` empty."""
    facts = dict(data["facts"])
    if facts.get("valid_to") == "2099-12-31":
        facts["valid_to"] = None
    return {**data, "facts": facts, "back_dated": data.get("back_dated", False)}


STEPS: Mapping[tuple[str, int], Callable[[Data], Data]] = {("permit_granted", 1): permit_granted_1_to_2}


def upcast(event_type: str, schema: int, current: int, data: Data) -> Data:
    """Bring ``data`` from version ``schema`` to ``current``, step by step."""
    for version in range(schema, current):
        data = STEPS[event_type, version](data)
    return data
