"""A service takes the memory that it needs, and not what it once needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from services.freed_memory import give_back_what_is_freed

BUSY_ONCE = """
from services.freed_memory import give_back_what_is_freed

def held():
    with open("/proc/self/statm") as facts:
        return int(facts.read().split()[1]) * 4 / 1024

{first}
b"x" * 8_000_000          # an answer of Kafka's, the first of many
before, kept = held(), []
answers = []
for _ in range(200):
    answers.append(b"x" * 400_000)
    kept.append(b"y" * 20_000)
answers.clear()
print(held() - before)
"""


@pytest.mark.skipif(sys.platform != "linux" or not give_back_what_is_freed(), reason="not GNU's allocator")
def test_what_a_busy_hour_took_goes_back_though_small_things_of_it_stay() -> None:
    def megabytes_kept(first: str) -> float:
        asked = [sys.executable, "-c", BUSY_ONCE.format(first=first)]
        return float(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)

    assert megabytes_kept("give_back_what_is_freed()") < 10
    assert megabytes_kept("") > 60
