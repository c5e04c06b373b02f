"""Where Kafka's programs and Java are. Maven fetches the programs once for each version of `deploy/kafka/pom.xml`."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from services.trouble import Trouble

OLDEST_JAVA = 17
FETCH_SECONDS = 900

_PROJECT = Path(__file__).resolve().parents[1] / "deploy" / "kafka"
_INSTALL = "install it (Debian, Ubuntu: apt-get install default-jdk-headless maven; macOS: brew install openjdk maven)"


class BrokerUnusable(Trouble):
    """The broker cannot serve; the message tells an operator why and what to do."""


def find_java() -> str:
    """The Java that runs Kafka: JAVA_HOME's, else the path's."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin")) if home else None
    java = java or shutil.which("java")
    if java is None:
        raise BrokerUnusable(f"Kafka needs Java {OLDEST_JAVA} or later: {_INSTALL}")
    shown = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)  # noqa: S603
    version = re.search(r'version "(\d+)', shown.stderr + shown.stdout)
    if shown.returncode or version is None:
        raise BrokerUnusable(f"{java} is not a working Java: {_INSTALL}")
    if int(version[1]) < OLDEST_JAVA:
        raise BrokerUnusable(f"{java} is Java {version[1]} and Kafka needs {OLDEST_JAVA} or later: {_INSTALL}")
    return java


def find_programs() -> Path:
    """The folder of Kafka's jars, fetched if it is not there. Several processes may ask at once."""
    version = hashlib.sha256((_PROJECT / "pom.xml").read_bytes()).hexdigest()[:12]
    target = _PROJECT / "target"
    programs = target / version
    if programs.exists():
        return programs
    try:
        target.mkdir(exist_ok=True)
        with (target / "fetching").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not programs.exists():
                _fetch(programs)
    except PermissionError as error:
        raise BrokerUnusable(f"{target} cannot be written ({error.strerror}): fetch Kafka once as its owner") from error
    return programs


def _fetch(programs: Path) -> None:
    """Beside its place and then renamed: an interrupted fetch never leaves half a Kafka under the real name."""
    maven = shutil.which("mvn")
    if maven is None:
        raise BrokerUnusable(f"Maven fetches Kafka and is not installed: {_INSTALL}")
    with tempfile.TemporaryDirectory(dir=programs.parent) as folder:
        half = Path(folder) / "lib"
        goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={half}"]
        try:
            done = subprocess.run(  # noqa: S603 - a fixed program, arguments of our own
                [maven, "-q", "-B", "-f", str(_PROJECT / "pom.xml"), *goal],
                capture_output=True,
                text=True,
                timeout=FETCH_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise BrokerUnusable(f"Maven did not fetch Kafka within {FETCH_SECONDS} s: see to the network") from error
        if done.returncode:
            wrong = next((line for line in done.stdout.splitlines() if "ERROR" in line), done.stderr.strip())
            raise BrokerUnusable(f"Maven could not fetch Kafka: {wrong[:400]}")
        half.rename(programs)
