"""What a command or a part does not need, it does not read: a hundred commands a day are typed at a prompt."""

import subprocess
import sys

READ = """
import sys
import {first}
print(*(name in sys.modules for name in {names}))
import {then}
print(*(name in sys.modules for name in {names}))
"""


def _read(first: str, then: str, *names: str) -> list[str]:
    """Which of ``names`` are read by ``first``, and which once ``then`` is read too."""
    code = READ.format(first=first, then=then, names=names)
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.splitlines()


def test_parts_without_pages_start_without_the_web_framework_and_a_web_service_reads_it() -> None:
    """Nor do they read what ends TLS and serves. A killed part works again the sooner the less it reads."""
    said = _read("services.assembling", "services.web_services, services.web_server", "fastapi", "uvicorn")
    assert said == ["False False", "True True"]


def test_a_database_that_stands_right_is_found_so_without_the_library_that_takes_steps() -> None:
    said = _read("services.migrating", "alembic", "alembic", "mako")
    assert said == ["False False", "True True"]


def test_what_a_process_reads_at_its_start_is_not_swept_and_what_it_makes_later_is() -> None:
    code = """
import gc
from services.read_in import unswept
with unswept():
    print(gc.isenabled())
    stays = [[] for _ in range(100_000)]
    before = gc.get_stats()[0]["collections"]
    more = [[] for _ in range(100_000)]
    print(gc.get_stats()[0]["collections"] == before)
print(gc.isenabled(), gc.get_freeze_count() > 200_000)
later = [[] for _ in range(100_000)]
print(gc.get_stats()[0]["collections"] == before)
"""
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said.splitlines() == ["False", "True", "True True", "False"]
