"""Clocks that can be set under running processes: ``make chaos SCENARIO=clocks_apart``, without a site."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from services.metrics import MEANINGS
from tests.chaos.clock_attacks import LAG, SKEW, said
from tests.chaos.clocks import Clock, cases, make_library, words_by_side
from tests.chaos.disks import NotPossible
from tests.chaos.profile import PROFILES

BACK = timedelta(minutes=-10)
LOOKS = """
import datetime, sys, threading, time
before = time.time() - time.monotonic()
with open(sys.argv[1], "r+b", buffering=0) as clock:
    clock.write((-600).to_bytes(8, sys.byteorder, signed=True))
went = time.time() - time.monotonic() - before
of_day = datetime.datetime.now(datetime.timezone.utc).timestamp() - time.time()
began = time.monotonic()
threading.Event().wait(0.02)
print(round(went), round(of_day), time.monotonic() - began < 60)
"""


def looked(clock: Clock, **environment: str) -> list[str]:
    """Set the clock back under a process: how far its time of day went, and whether it waits no longer for that."""
    words = [sys.executable, "-S", "-c", LOOKS, str(clock.file)]
    done = subprocess.run(words, env=os.environ | environment, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_a_process_whose_clock_goes_back_sees_another_time_of_day_and_waits_no_longer(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock", make_library(tmp_path))
    assert looked(clock, **clock.environment) == ["-600", "0", "True"]
    clock.set(timedelta())
    assert looked(clock) == ["0", "0", "True"], "negative control: without the library it has the machine's clock"


def test_a_clock_is_set_in_place_to_whole_seconds_either_way(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock", tmp_path / "clock.so")
    before = clock.file.stat().st_ino
    for ahead in (timedelta(days=3), BACK, timedelta()):
        clock.set(ahead)
        assert int.from_bytes(clock.file.read_bytes(), sys.byteorder, signed=True) == ahead.total_seconds()
    assert clock.file.stat().st_ino == before, "processes look at these very bytes"


def test_without_a_compiler_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotPossible, match="apt-get install gcc"):
        make_library(tmp_path)


def test_the_full_size_sets_the_clocks_in_twelve_ways() -> None:
    all_of_them = list(cases())
    hour, days = timedelta(hours=1), timedelta(days=3)
    assert PROFILES["full"].clocks == len(all_of_them) == len(set(all_of_them)) == 12
    assert {theirs for theirs, _ in all_of_them} == {hour, -hour, days, -days}
    assert {ours for _, ours in all_of_them} == {timedelta(), BACK, -BACK}
    assert any(ours == BACK for _, ours in all_of_them[: PROFILES["quick"].clocks])


def test_every_part_goes_by_the_clock_of_one_side() -> None:
    sides = [[side for side in ("approval", "supervision") if side in words] for words in words_by_side().values()]
    assert [len(one) for one in sides] == [1] * len(sides)


def test_what_is_read_of_the_metrics_is_what_they_are_called() -> None:
    assert {f"linkage_{name}" for name in (LAG, SKEW)} <= MEANINGS.keys()
    text = f'linkage_{LAG}{{projection="intake"}} 2.5\nlinkage_{SKEW}{{source="approval"}} -259200.0\n'
    assert said(text) == [(LAG, "intake", 2.5), (SKEW, "approval", -259200.0)]
    assert said("# HELP linkage_projection_lag_seconds x") == []
