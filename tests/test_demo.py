"""`linkage demo`: an invented city within a minute, that goes on where it was, and is begun anew when asked to."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import httpx
import psycopg
import pytest

from events.log.opening import erase_log
from services.approval.decision import Decision, Kind
from services.broker import Broker
from services.embedded_postgres import attach
from services.sample_city.new_decisions import decisions
from services.web_server import take_port

LINKAGE = (sys.executable, "-c", "from services.command_line import main; main()")


@pytest.fixture
def site(data_folder: Path) -> dict[str, str]:
    ports = []
    for _ in range(2):
        with take_port("127.0.0.1", 0, "") as probe:
            ports.append(str(probe.getsockname()[1]))
    names = ("APPROVAL_DATABASE_URL", "SUPERVISION_DATABASE_URL", "LOG_URL")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("LINKAGE_") and name not in names},
        "LINKAGE_DATA": str(data_folder),
        "APPROVAL_PORT": ports[0],
        "SUPERVISION_PORT": ports[1],
    }


@contextmanager
def _demo(site: dict[str, str], *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The running demo, and the address of the departments' pages once it says that all is ready."""
    process = subprocess.Popen(
        [*LINKAGE, "demo", "--json", *words], env=site, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        ready = process.stdout.readline()
        assert ready, process.stderr.read()
        yield process, json.loads(ready)["supervision"]
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _stop(process: subprocess.Popen[str]) -> None:
    asked = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=15)
    assert process.returncode == 0, said
    assert time.monotonic() - asked < 10


def _lived_through(site: dict[str, str], address: str) -> dict[str, int]:
    """How many there are of what the stories tell, on either side."""

    def many(side: str, path: str, what: str, **asked: Any) -> int:
        return len(httpx.get(f"{side}/api/v1/{path}", params={"limit": 200} | asked).raise_for_status().json()[what])

    desk = f"http://127.0.0.1:{site['APPROVAL_PORT']}"
    asked = {f"tasks/{kind}/{state}": {"kind": kind, "state": state} for kind, state in _TASKS}
    found = {name: many(desk, "tasks", "tasks", **more) for name, more in asked.items()}
    found |= {
        f"findings/{kind}": many(address, "findings", "findings", kind=kind)
        for kind in ("freeze", "annulment_suggestion", "error_report", "commitment_check", "inspection")
    }
    return found | {
        "unmatched": many(address, "penalties/unmatched", "unmatched"),
        "annulled": many(address, "penalties", "penalties", status="annulled"),
        "repaired": many(address, "penalties", "penalties", status="repaired"),
        "rules": many(address, "rule-changes", "rule_changes"),
        "argued": many(address, "consultations", "consultations", open="true"),
        "ruled": many(address, "consultations", "consultations", open="false"),
        "overdue": many(address, "deadlines", "items", light="red"),
        "handed over": many(address, "handovers", "handovers"),
    }


_TASKS = [
    (kind, state)
    for kind in ("annulment_suggestion", "correction", "expiry")
    for state in ("open", "answered")
] + [("penalty", "open"), ("failed_commitment", "open")]  # fmt: skip


def _departments(address: str) -> dict[str, int]:
    answer = httpx.get(f"{address}/api/v1/departments").raise_for_status().json()
    return {one["department"]: one["valid"] for one in answer["departments"]}


def _answers(site: dict[str, str], *words: str) -> Any:
    """What a command says of the site while the city goes on deciding."""
    done = subprocess.run([*LINKAGE, *words, "--json"], env=site, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def _recorded(site: dict[str, str]) -> int:
    """How many decisions approval has recorded: numbered ones, and those that still wait for their number."""
    question = """SELECT count(*) FROM (SELECT type FROM ledger UNION ALL SELECT type FROM outbox) AS recorded
                  WHERE type LIKE 'permit\\_%'"""
    with (
        attach(Path(site["LINKAGE_DATA"])) as server,
        psycopg.connect(server.approval_url.replace("+psycopg", "")) as connection,
    ):
        row = connection.execute(question).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.timeout(300)
def test_the_city_is_there_within_a_minute_goes_on_where_it_was_and_begins_anew_when_asked(
    site: dict[str, str],
) -> None:
    began = time.monotonic()
    with _demo(site, "--every", "3") as (process, address):
        assert time.monotonic() - began < 60
        first = _departments(address)
        assert len(first) == 20
        assert sum(first.values()) > 2000
        page = httpx.get(f"{address}/").raise_for_status().text
        assert "海州市市场监督管理局" in page
        _until_it_moves(site)
        lived = _lived_through(site, address)
        assert all(lived.values()), lived
        with_running = subprocess.run([*LINKAGE, "demo"], env=site, capture_output=True, text=True, check=False)
        assert with_running.returncode == 3
        assert "a demo is running" in with_running.stderr
        _stop(process)
    folder = Path(site["LINKAGE_DATA"])
    assert "story_broken_off" not in (folder / "demo.log").read_text()
    held, note = _recorded(site), folder / "demo" / "stories.json"
    note.write_text(json.dumps({"day": json.loads(note.read_text())["day"]}))  # as if they had been broken off
    with _demo(site, "--every", "0") as (process, address):
        again = _lived_through(site, address)
        assert again == lived | {name: again[name] for name in ("tasks/penalty/open", "unmatched")}, "told twice"
        second = _departments(address)
        assert sum(second.values()) >= sum(first.values())
        assert _recorded(site) == held, "the second start must not load the city again"
        assert _answers(site, "verify")["faults"] == {"approval": [], "supervision": []}
        assert _answers(site, "reconcile")["clean"]
        _stop(process)
    key = (folder / "master.key").read_text()
    _stopped_while_loading(site, "--fresh")
    assert (folder / "master.key").read_text() != key
    assert _recorded(site) < held, "begun anew means without what there was"
    with _demo(site, "--every", "0") as (process, address):
        assert _departments(address) == first, "the load that was broken off is completed"
        _stop(process)


def _stopped_while_loading(site: dict[str, str], *words: str) -> None:
    files = Path(site["LINKAGE_DATA"]) / "demo" / "files"
    shutil.rmtree(files)
    process = subprocess.Popen([*LINKAGE, "demo", *words], env=site, stdout=subprocess.PIPE, text=True)
    while not files.exists() and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "goes on with it" in said


@pytest.mark.kafka
@pytest.mark.timeout(240)
def test_through_kafka_it_is_the_same_city(site: dict[str, str], kafka_broker: Broker, tmp_path: Path) -> None:
    through_kafka = {**site, "LOG_URL": f"kafka://127.0.0.1:{kafka_broker.port}"}
    with _demo(through_kafka, "--fresh", "--every", "0.2") as (process, address):
        assert len(_departments(address)) == 20
        _until_it_moves(through_kafka)
        _stop(process)
    with _demo(through_kafka, "--every", "0") as (process, address):
        assert _answers(through_kafka, "reconcile")["clean"]
        _stop(process)
    elsewhere = {**through_kafka, "LINKAGE_DATA": str(tmp_path / "another")}
    done = subprocess.run([*LINKAGE, "demo"], env=elsewhere, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "events of other databases" in done.stderr
    erase_log(through_kafka["LOG_URL"], ["approval", "supervision"])


def test_the_demo_keeps_away_from_a_kafka_that_others_use(site: dict[str, str]) -> None:
    distant = {**site, "LOG_URL": "kafka://kafka.example:9092"}
    done = subprocess.run([*LINKAGE, "demo", "--fresh"], env=distant, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "this machine only" in done.stderr


def test_a_broker_that_is_away_is_said_in_one_sentence(site: dict[str, str]) -> None:
    away = {**site, "LOG_URL": "kafka://127.0.0.1:9"}
    done = subprocess.run([*LINKAGE, "demo"], env=away, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "linkage kafka start" in done.stderr


def test_fresh_never_erases_databases_that_somebody_named(site: dict[str, str]) -> None:
    named = {**site, "APPROVAL_DATABASE_URL": "postgresql://linkage@127.0.0.1/approval"}
    done = subprocess.run([*LINKAGE, "demo", "--fresh"], env=named, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "APPROVAL_DATABASE_URL" in done.stderr


def test_a_port_in_use_is_said_before_anything_is_erased(site: dict[str, str]) -> None:
    kept = Path(site["LINKAGE_DATA"]) / "demo" / "kept.txt"
    kept.parent.mkdir(parents=True)
    kept.write_text("kept")
    with take_port("127.0.0.1", int(site["SUPERVISION_PORT"]), ""):
        done = subprocess.run([*LINKAGE, "demo", "--fresh"], env=site, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "--supervision-port" in done.stderr
    assert kept.exists()


def test_the_new_decisions_are_ones_that_the_desk_understands() -> None:
    coming = decisions(Random(7))
    kinds = {Decision.model_validate(next(coming)).kind for _ in range(100)}
    assert {Kind.GRANT, Kind.AMEND, Kind.SURRENDER, Kind.REVOKE} <= kinds


def _until_it_moves(site: dict[str, str]) -> None:
    deadline = time.monotonic() + 20
    before = _recorded(site)
    while _recorded(site) == before:
        assert time.monotonic() < deadline, "no new decision came in"
        time.sleep(0.1)
