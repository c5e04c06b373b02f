"""The parts run as one process or as one each, and end in order within five seconds of being asked."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from services.web_server import take_port
from tests.conftest import Databases
from tests.invented import DEPARTMENTS, MARKET_BUREAU, decision, duty

LINKAGE = (sys.executable, "-c", "from services.command_line import main; main()")


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> dict[str, str]:
    """The environment of a site with databases of its own and free ports."""
    ports = []
    for _ in range(2):
        with take_port("127.0.0.1", 0, "") as probe:
            ports.append(str(probe.getsockname()[1]))
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("LINKAGE_")},
        "LINKAGE_DATA": str(tmp_path / "data"),
        "APPROVAL_DATABASE_URL": databases.approval_url,
        "SUPERVISION_DATABASE_URL": databases.supervision_url,
        "APPROVAL_PORT": ports[0],
        "SUPERVISION_PORT": ports[1],
    }


def _asked(site: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*LINKAGE, *words], env=site, capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def _running(site: dict[str, str], *parts: str) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    processes = {part: subprocess.Popen([*LINKAGE, "run", part], env=site) for part in parts}
    try:
        _until(lambda: _answers(site))
        yield processes
    finally:
        for process in processes.values():
            if process.poll() is None:
                process.kill()
            process.wait()


def _answers(site: dict[str, str]) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{site['APPROVAL_PORT']}/readyz").is_success
    except httpx.TransportError:
        return False


def _until(holds: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


def _take_duties(site: dict[str, str], folder: Path) -> None:
    entry = duty()
    row = [entry.matter_code, entry.region_code, "*", entry.lead, DEPARTMENTS[entry.lead], str(entry.valid_from)]
    file = folder / "duties.csv"
    file.write_text("事项编码,区划代码,层级,牵头部门代码,牵头部门名称,生效日期\n" + ",".join(row) + "\n")
    done = _asked(site, "duties", "import", str(file), "--json")
    assert json.loads(done.stdout)["assigned"] == 1, done.stderr


def _post(site: dict[str, str], number: str) -> None:
    stated = decision(permit_number=number).model_dump(mode="json")
    answer = httpx.post(f"http://127.0.0.1:{site['APPROVAL_PORT']}/api/v1/decisions", json=stated)
    assert answer.status_code == 201, answer.text


def _listed(site: dict[str, str]) -> int:
    with psycopg.connect(site["SUPERVISION_DATABASE_URL"].replace("+psycopg", "")) as connection:
        row = connection.execute("SELECT count(*) FROM watch_list WHERE department = %s", (MARKET_BUREAU,)).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize(
    "parts", [("all",), ("approval", "supervision", "sequencer", "projector")], ids=["one", "each"]
)
def test_a_decision_posted_reaches_its_department_and_every_process_ends_in_order(
    site: dict[str, str], tmp_path: Path, parts: tuple[str, ...]
) -> None:
    _take_duties(site, tmp_path)
    with _running(site, *parts) as processes:
        _post(site, "JY29901020000001")
        _until(lambda: _listed(site) == 1)
        asked = time.monotonic()
        for process, number in zip(processes.values(), (signal.SIGTERM, signal.SIGINT) * 2, strict=False):
            process.send_signal(number)
        assert {part: process.wait(10) for part, process in processes.items()} == dict.fromkeys(parts, 0)
        assert time.monotonic() - asked < 8


def test_the_embedded_log_needs_no_relay_and_the_command_says_so(site: dict[str, str]) -> None:
    done = _asked(site, "run", "relay")
    assert done.returncode == 2
    assert "LOG_URL" in done.stderr


def test_a_taken_port_is_said_in_one_sentence(site: dict[str, str]) -> None:
    with take_port("127.0.0.1", int(site["APPROVAL_PORT"]), ""):
        done = _asked(site, "run", "approval")
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "--approval-port" in done.stderr


def test_a_database_that_does_not_answer_is_said_without_its_password(site: dict[str, str]) -> None:
    url = "postgresql://linkage:secret@127.0.0.1:9/approval"
    done = _asked({**site, "APPROVAL_DATABASE_URL": url}, "migrate")
    assert done.returncode == 3
    assert "APPROVAL_DATABASE_URL" in done.stderr
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr
