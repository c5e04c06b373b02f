"""Loops of one process start together and stop together, whatever ends them, within five seconds."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request

import pytest

from services import crew as crews
from services.crew import Crew, Worker, stopped_by_signals
from services.web_server import PortTaken, serving, take_port


def test_all_stop_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    ended = []

    def run(stop: threading.Event) -> None:
        stop.wait()
        ended.append(threading.current_thread().name)

    crew = Crew([Worker("one", run), Worker("two", run)])
    with crew.at_work():
        pass
    assert sorted(ended) == ["one", "two"]
    assert not crew.failed


@pytest.mark.parametrize("ending", ["raises", "returns"])
def test_when_one_ends_unasked_the_others_stop_and_the_process_leaves_with_one(
    ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(stop: threading.Event) -> None:
        if ending == "raises":
            raise RuntimeError

    crew = Crew([Worker("broken", broken), Worker("sound", lambda stop: _wait(stop))])
    with crew.at_work():
        assert crew.wait() == 1
    assert crew.failed


def test_one_that_hangs_does_not_keep_the_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(crews, "DRAIN_SECONDS", 0.2)
    release = threading.Event()
    crew = Crew([Worker("hanging", lambda stop: _wait(release))])
    began = time.monotonic()
    with crew.at_work():
        pass
    assert time.monotonic() - began < 2
    assert crew.failed
    release.set()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_to_stop_and_the_handlers_of_before_come_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    stop = threading.Event()
    with stopped_by_signals(stop):
        os.kill(os.getpid(), number)
        assert stop.wait(2)
    assert signal.getsignal(number) is before


async def _answer(scope: dict[str, str], receive: object, send: object) -> None:
    assert callable(send)
    assert callable(receive)
    if scope["type"] == "lifespan":
        for word in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{word}.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"here"})


def test_a_web_service_serves_in_its_thread_and_ends_with_the_crew() -> None:
    listening = take_port("127.0.0.1", 0, "--port")
    port = listening.getsockname()[1]
    crew = Crew([serving("web", _answer, listening)])  # type: ignore[arg-type]
    with crew.at_work(), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
        assert answer.read() == b"here"
    listening.close()
    assert not crew.failed


def test_a_taken_port_names_the_option_that_chooses_another() -> None:
    with take_port("127.0.0.1", 0, "--port") as listening:
        port = listening.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"port {port} .* choose another with --approval-port"):
            take_port("127.0.0.1", port, "--approval-port")


def test_help_answers_without_loading_the_services() -> None:
    code = (
        "import sys; sys.argv = ['linkage', '--help']\n"
        "import services.command_line as c\n"
        "try: c.main()\n"
        "except SystemExit: pass\n"
        "print([m for m in ('sqlalchemy', 'fastapi', 'psycopg', 'kafka') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "run" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def _wait(stop: threading.Event) -> None:
    stop.wait()
