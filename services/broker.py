"""The Kafka of a site that has none: one real Apache Kafka node under a folder, fetched by Maven, run by Java.

`start(folder)` fetches the programs once, formats the folder once, starts the broker in the background and returns when
it answers; the broker survives the end of the caller. `stop(folder)` ends it in order. Nothing else is ever signalled:
the process must bear the folder's name in its command line.
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from events.log.kafka.answers import answers
from services.kafka_programs import BrokerUnusable, find_java, find_programs

__all__ = ["PORT", "Broker", "BrokerUnusable", "running", "start", "stop"]

PORT = 9470
START_SECONDS = 90
STOP_SECONDS = 30

_SETTINGS = Path(__file__).resolve().parents[1] / "deploy" / "kafka"
_JAVA_OPTIONS = ("-Xms64m", "-Xmx320m", "-XX:+UseSerialGC", "-XX:MaxDirectMemorySize=128m", "-Djava.awt.headless=true")


@dataclass(frozen=True)
class Broker:
    """A running broker. The signals below are for tests of faults; an operator needs `stop` only."""

    folder: Path
    port: int
    pid: int

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """What LOG_URL takes."""
        return f"kafka://{self.bootstrap}"

    def freeze(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """At once, as a power cut does to the process (not to the disk)."""
        os.kill(self.pid, signal.SIGKILL)
        _wait_gone(self.pid, self.folder, 10)


def start(folder: Path, port: int = PORT) -> Broker:
    """Start the broker of `folder` on 127.0.0.1, or return the one that runs there. Raises `BrokerUnusable`."""
    folder = folder.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _held(folder / "starting"):
            found = running(folder)
            if found is None:
                return _start(folder, port)
            if found.port != port:
                raise BrokerUnusable(
                    f"the broker of {folder} runs on port {found.port} already: use that port, or stop it first"
                )
            _wait_until_it_answers(found)
            return found
    except (PermissionError, NotADirectoryError, FileExistsError) as error:
        raise BrokerUnusable(
            f"the folder {folder} cannot be written ({error.strerror}: {error.filename}): "
            "set LINKAGE_DATA to a folder of yours"
        ) from error


def stop(folder: Path) -> bool:
    """Stop the broker of `folder` in order and return True, or False when none runs."""
    folder = folder.absolute()
    found = running(folder)
    if found is None:
        return False
    with suppress(ProcessLookupError):
        os.kill(found.pid, signal.SIGTERM)
        os.kill(found.pid, signal.SIGCONT)
    if not _wait_gone(found.pid, folder, STOP_SECONDS):
        found.kill()
    return True


def running(folder: Path) -> Broker | None:
    """The broker that runs on `folder`; a stale note, even one whose number another process bears now, is none."""
    folder = folder.absolute()
    try:
        pid, port = map(int, (folder / "running").read_text().split())
    except (FileNotFoundError, ValueError):
        return None
    return Broker(folder, port, pid) if _is_broker_of(pid, folder) else None


def _start(folder: Path, port: int) -> Broker:
    java = find_java()
    programs = find_programs()
    if not _is_free(port):
        raise BrokerUnusable(f"port {port} of 127.0.0.1 is used by another program: stop it, or choose another port")
    controller = port + 1 if port < 65535 and _is_free(port + 1) else free_port()
    settings = folder / "server.properties"
    settings.write_text(
        (_SETTINGS / "server.properties").read_text()
        + f"\nlisteners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n"
        + f"controller.quorum.voters=1@127.0.0.1:{controller}\nlog.dirs={folder / 'records'}\n"
    )
    command = [
        java,
        *_JAVA_OPTIONS,
        f"-Dlinkage.kafka.folder={folder}",
        f"-Dlog4j2.configurationFile={_SETTINGS / 'log4j2.properties'}",
        "-cp",
        str(programs / "*"),
    ]
    if not (folder / "records" / "meta.properties").exists():
        _format(command, settings, folder)
    pid = _launch([*command, "kafka.Kafka", str(settings)], folder)
    (folder / "running").write_text(f"{pid} {port}\n")
    broker = Broker(folder, port, pid)
    try:
        _wait_until_it_answers(broker)
    except BaseException:
        with suppress(ProcessLookupError):
            broker.kill()
        raise
    return broker


def _launch(command: list[str], folder: Path) -> int:
    """As nobody's child: it outlives the caller, and leaves no zombie behind when it ends before."""
    launched = subprocess.run(  # noqa: S603 - a fixed program, arguments of our own
        ["/bin/sh", "-c", '"$@" </dev/null >"$0" 2>&1 & echo $!', str(folder / "output.log"), *command],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=folder,
        start_new_session=True,
    )
    return int(launched.stdout)


def _format(command: list[str], settings: Path, folder: Path) -> None:
    """Beside a half-formatted folder of a killed attempt nothing is kept: nothing was ever written into it."""
    shutil.rmtree(folder / "records", ignore_errors=True)
    tool = [*command, "kafka.tools.StorageTool"]
    named = subprocess.run([*tool, "random-uuid"], capture_output=True, text=True, check=False, cwd=folder)  # noqa: S603
    arguments = ["format", "-t", named.stdout.strip(), "-c", str(settings)]
    done = subprocess.run([*tool, *arguments], capture_output=True, text=True, check=False, cwd=folder)  # noqa: S603
    if done.returncode:
        raise BrokerUnusable(
            f"the folder {folder} could not be formatted for Kafka: {_last_lines(done.stderr or done.stdout)}"
        )


def _wait_until_it_answers(broker: Broker) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers("127.0.0.1", broker.port):
        if not _is_broker_of(broker.pid, broker.folder):
            said = "".join(
                (broker.folder / name).read_text(errors="replace")
                for name in ("output.log", "broker.log")
                if (broker.folder / name).exists()
            )
            raise BrokerUnusable(f"Kafka ended while it started: {_last_lines(said)} (see {broker.folder}/broker.log)")
        if time.monotonic() > deadline:
            raise BrokerUnusable(
                f"Kafka does not answer on port {broker.port} after {START_SECONDS} s: see {broker.folder}/broker.log"
            )
        time.sleep(0.1)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _is_broker_of(pid: int, folder: Path) -> bool:
    mark = f"-Dlinkage.kafka.folder={folder}"
    try:
        return mark.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        if Path("/proc/self").exists():
            return False
    shown = subprocess.run(["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False)  # noqa: S603
    return mark.encode() in shown.stdout


def _wait_gone(pid: int, folder: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _is_broker_of(pid, folder):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@contextmanager
def _held(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _last_lines(text: str) -> str:
    return " / ".join(line.strip() for line in text.strip().splitlines()[-3:])
