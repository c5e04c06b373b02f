"""A real broker that asks who comes: TLS, SCRAM-SHA-512 and rights by name, with the settings that sites are given."""

from __future__ import annotations

import base64
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from events.log.access import Secured
from events.log.kafka.answers import any_answers
from services.broker import free_port
from services.kafka_programs import find_java, find_programs
from tests.certificates import Authority

DEPLOYED = Path(__file__).parents[1] / "deploy" / "kafka"
PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class GuardedKafka:
    folder: Path
    port: int
    password: str
    authority: Path

    @property
    def admin(self) -> Secured:
        return Secured(f"localhost:{self.port}", "SASL_SSL", "admin", self.password, ca_file=self.authority)

    def by(self, user: str, password: str) -> Secured:
        return replace(self.admin, user=user, password=password)


@contextmanager
def guarded_kafka(folder: Path) -> Iterator[GuardedKafka]:
    folder.mkdir()
    authority = Authority()
    kafka = GuardedKafka(folder, free_port(), os.urandom(12).hex(), authority.write(folder / "authority.pem"))
    (folder / "broker.pem").write_bytes(b"".join(authority.sign()))
    (folder / "admin.properties").write_text(f"password={kafka.password}\n")
    settings = folder / "server.properties"
    settings.write_text(_settings(kafka))
    java = [
        find_java(), "-Xmx320m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", f"-Dlinkage.kafka.folder={folder}",
        f"-Dlog4j2.configurationFile={DEPLOYED / 'log4j2.properties'}", "-cp", str(find_programs() / "*"),
    ]  # fmt: skip
    cluster = base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")
    first = f"SCRAM-SHA-512=[name=admin,password={kafka.password}]"
    formatting = ["kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(settings), "--add-scram", first]
    subprocess.run([*java, *formatting], check=True, capture_output=True, cwd=folder)
    with (folder / "output.log").open("wb") as output:
        process = subprocess.Popen([*java, "kafka.Kafka", str(settings)], cwd=folder, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not any_answers(kafka.admin):
            assert process.poll() is None, (folder / "output.log").read_text()[-2000:]
            assert time.monotonic() < deadline, "the broker does not answer"
            time.sleep(0.1)
        yield kafka
    finally:
        process.kill()
        process.wait()


def _settings(kafka: GuardedKafka) -> str:
    text = (DEPLOYED / "server.properties").read_text() + (DEPLOYED / "guarded.properties").read_text()
    places = {
        "HOST": "localhost", "PORT": str(kafka.port), "CONTROLLER": str(free_port()), "FOLDER": str(kafka.folder),
    }  # fmt: skip
    for place, value in places.items():
        text = text.replace(f"@{place}@", value)
    return text + f"\nlog.dirs={kafka.folder / 'records'}\n"
