"""Whatever both sides do, whatever they hear twice, late or in pieces, and whatever dies: they come to know what
plain dictionaries say. Against real databases; each random day has its own.

`LINKAGE_TEST_MODEL_DAYS=500 .venv/bin/pytest tests/test_linkage_model.py` looks longer, at other days each time.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conftest import DatabaseServer
from tests.deliveries import believing_every_record
from tests.linkage_days import Days

MORE = os.environ.get("LINKAGE_TEST_MODEL_DAYS")
SETTINGS = settings(
    max_examples=int(MORE or 16),
    stateful_step_count=60 if MORE else 40,
    derandomize=not MORE,
    deadline=None,
    database=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
OFTEN = 8
"""Of eleven kinds of steps at least so many must have been accepted on some day. Not all: which days are drawn depends
on what else is loaded, also where they are said to be the same each time."""
UNSHRUNK = settings(SETTINGS, phases=[Phase.generate], max_examples=30, derandomize=True)
"""For what is broken on purpose: that it is caught counts, not by how short a day."""


def live_through(server: DatabaseServer, how: settings) -> Counter[tuple[str, bool]]:
    """Live through random days, and return what was tried on them, with whether it was accepted."""

    class Here(Days):
        pass

    Here.server, Here.tried = server, Counter()
    run_state_machine_as_test(Here, settings=how)
    return Here.tried


def test_both_sides_come_to_know_what_plain_dictionaries_say(database_server: DatabaseServer) -> None:
    tried = live_through(database_server, SETTINGS)
    accepted = {what.split()[0] for what, yes in tried if yes}
    assert len(accepted) >= OFTEN, f"days on which little happens prove little: {sorted(accepted)}"


def test_without_the_versions_that_were_seen_a_random_day_ends_otherwise(
    database_server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    believing_every_record(monkeypatch)
    with pytest.raises(AssertionError):
        live_through(database_server, UNSHRUNK)


def test_a_task_that_outlives_its_penalty_is_noticed(
    database_server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deaf(*_: Any, **__: Any) -> None:
        return None

    monkeypatch.setattr("services.approval.raising_tasks.release", deaf)
    with pytest.raises(AssertionError):
        live_through(database_server, UNSHRUNK)
