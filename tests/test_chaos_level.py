"""From when "level" counts, and what the harness must not take away from the parts that it waits for."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.chaos import storage_attacks
from tests.chaos.parts import environment_without_settings
from tests.chaos.profile import PROFILES
from tests.chaos.siege import Siege

KAFKA_STARTS_IN = 0.2


class Besieged:
    """A siege of a broker that may have ended, whose start takes a while. ``since``: from when level is counted."""

    def __init__(self) -> None:
        self.draw = SimpleNamespace(uniform=lambda *_: 0.0)
        self.history = SimpleNamespace(acknowledged={}, acknowledged_after=lambda _: None)
        self.attacks: Counter[str] = Counter()
        self.voids: list[str] = []
        self.notes: list[str] = []
        self.since = 0.0
        disk = SimpleNamespace(full=nullcontext)
        self.site = SimpleNamespace(disk=disk, kafka=SimpleNamespace(folder=""), start_broker=self._start)
        self.answers_at = 0.0

    def _start(self) -> None:
        time.sleep(KAFKA_STARTS_IN)
        self.answers_at = time.monotonic()

    def until_level(self, since: float) -> None:
        self.since = since


def besieged(monkeypatch: pytest.MonkeyPatch, running: Any) -> Besieged:
    monkeypatch.setattr(storage_attacks, "FULL_SECONDS", 0.0)
    monkeypatch.setattr("services.broker.running", lambda _: running)
    siege = Besieged()
    storage_attacks.broker_disk_full(cast(Siege, siege), PROFILES["quick"])
    return siege


def test_level_counts_from_when_a_broker_that_ended_answers_and_how_long_that_took_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    siege = besieged(monkeypatch, running=None)
    assert siege.since >= siege.answers_at > 0
    assert siege.notes == ["Kafka answered again 0.2 s after there was room"]


def test_level_counts_from_when_there_was_room_for_a_broker_that_did_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a broker that lives, and needs long, would be excused."""
    began = time.monotonic()
    siege = besieged(monkeypatch, running=object())
    assert siege.since - began < KAFKA_STARTS_IN
    assert siege.notes == []


def test_parts_under_attack_keep_what_python_compiled_as_an_installed_release_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("LINKAGE_MODE", "production")
    environment = environment_without_settings()
    assert not {"PYTHONDONTWRITEBYTECODE", "LINKAGE_MODE"} & environment.keys()
    assert "PATH" in environment, "all else is the caller's"
