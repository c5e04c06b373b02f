"""The parts run as one process or as one each, and end in order within five seconds of being asked."""

import ast
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from kafka import KafkaProducer

from events.log.opening import erase_log
from services.broker import Broker
from services.web_server import take_port
from tests.command_site import heard
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


BUREAU = "11990100MB0000001X"
PUBLISHING = Path(__file__).parents[1] / "docs" / "publishing.md"


@pytest.fixture
def kafka_site(site: dict[str, str], tmp_path: Path, kafka_broker: Broker) -> Iterator[dict[str, str]]:
    """The same site on the real broker, with the topics to itself and the bureau in its register."""
    through_kafka = {**site, "LOG_URL": f"kafka://{kafka_broker.bootstrap}"}
    erase_log(through_kafka["LOG_URL"], ["approval", "supervision"])
    file = tmp_path / "bodies.csv"
    file.write_text(f"许可机关代码,许可机关名称,区划代码,层级,生效日期\n{BUREAU},审批局,990100,市级,2020-01-01\n")
    assert _asked(through_kafka, "bodies", "import", str(file)).returncode == 0
    yield through_kafka
    erase_log(through_kafka["LOG_URL"], ["approval", "supervision"])


def _example(folder: Path, broker: Broker) -> dict[str, object]:
    """Run the program of the page for bureaus as it stands there, and return the reply that it prints."""
    page = PUBLISHING.read_text()
    (folder / "decision.json").write_text(page.split("```json\n")[1].split("```")[0])
    program = page.split("```python\n")[1].split("```")[0].replace("127.0.0.1:9470", broker.bootstrap)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    reply = ast.literal_eval(done.stdout)
    assert isinstance(reply, dict)
    return reply


@pytest.mark.kafka
def test_a_bureaus_own_program_publishes_by_topic_and_kills_lose_and_double_nothing(
    kafka_site: dict[str, str], tmp_path: Path, kafka_broker: Broker
) -> None:
    _take_duties(kafka_site, tmp_path)
    sent = 200
    producer = KafkaProducer(bootstrap_servers=kafka_broker.bootstrap, enable_idempotence=True)

    def send(number: int) -> None:
        stated = decision(permit_number=f"A{number}", deciding_body=BUREAU).model_dump_json().encode()
        headers = {"ce_id": f"c-{number}", "ce_source": BUREAU, "ce_type": "decision_command"}
        said = [(name, text.encode()) for name, text in headers.items()]
        producer.send("linkage.approval.commands", key=str(number).encode(), value=stated, headers=said)

    with _running(kafka_site, "all"):
        reply = _example(tmp_path, kafka_broker)
        assert (reply["accepted"], reply["type"]) == (True, "permit_granted")
        _until(lambda: _listed(kafka_site) == 1)
    for first in range(0, sent, sent // 2):  # killed, like the one above, while commands come
        with _running(kafka_site, "all"):
            for number in range(first, first + sent // 2):
                send(number)
                time.sleep(0.01)
    with _running(kafka_site, "all") as processes:
        producer.send("linkage.approval.commands", value=b"{}").get(10)
        producer.close()
        _until(lambda: _listed(kafka_site) == sent + 1)
        _until(lambda: len({one.command for one in heard(kafka_broker.bootstrap, BUREAU)}) == sent + 1)
        _until(lambda: _asked(kafka_site, "commands", "unanswered").returncode == 1)
        (kept,) = json.loads(_asked(kafka_site, "commands", "unanswered", "--json").stdout)
        assert kept["code"] == "no_bureau"
        assert _asked(kafka_site, "commands", "settle", kept["place"], "--reason", "已请重报").returncode == 0
        _until(lambda: _asked(kafka_site, "lag").returncode == 0)
        lags = json.loads(_asked(kafka_site, "lag", "--json").stdout)
        assert [lag["projection"] for lag in lags] == ["intake", "told", "commands"]
        page = httpx.get(f"http://127.0.0.1:{kafka_site['APPROVAL_PORT']}/metrics").text
        assert 'linkage_commands_total{outcome="unanswered"}' in page
        assert "linkage_command_replies_waiting 0.0" in page
        processes["all"].send_signal(signal.SIGTERM)
        assert processes["all"].wait(10) == 0
    accepted = [one for one in heard(kafka_broker.bootstrap, BUREAU) if one.answer["accepted"]]
    events = {one.command: {o.answer["event"] for o in accepted if o.command == one.command} for one in accepted}
    assert {len(ids) for ids in events.values()} == {1}, "each command has one event, however often it was answered"
    with psycopg.connect(kafka_site["APPROVAL_DATABASE_URL"].replace("+psycopg", "")) as connection:
        row = connection.execute("SELECT count(*) FROM ledger WHERE type = 'permit_granted'").fetchone()
    assert row == (sent + 1,)


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


def test_a_part_waits_for_a_database_that_is_not_up_yet_and_says_so(site: dict[str, str], tmp_path: Path) -> None:
    with take_port("127.0.0.1", 0, "") as probe:
        nobody = f"postgresql://linkage:secret@127.0.0.1:{probe.getsockname()[1]}/supervision"
    journal = tmp_path / "journal"
    with journal.open("wb") as written:
        away = {**site, "SUPERVISION_DATABASE_URL": nobody}
        process = subprocess.Popen([*LINKAGE, "run", "projector"], env=away, stderr=written)
        try:
            _until(lambda: journal.read_text().count("part_waits_for_database") >= 2)
            assert process.poll() is None, "its service manager would give it up"
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        finally:
            process.kill()
    assert "SUPERVISION_DATABASE_URL" in journal.read_text()
    assert "secret" not in journal.read_text()


def test_a_database_that_does_not_answer_is_said_without_its_password(site: dict[str, str]) -> None:
    url = "postgresql://linkage:secret@127.0.0.1:9/approval"
    done = _asked({**site, "APPROVAL_DATABASE_URL": url}, "migrate")
    assert done.returncode == 3
    assert "APPROVAL_DATABASE_URL" in done.stderr
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr


def test_an_answer_does_not_wait_for_its_reader_to_acknowledge_the_first_half_of_it() -> None:
    """A socket that does not say it is TCP gets no TCP_NODELAY from asyncio: each answer then took 40 ms more."""
    with take_port("127.0.0.1", 0, "--port") as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
