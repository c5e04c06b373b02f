"""On what was it measured? Figures of two machines differ by a factor of two, so each result says where it is from."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg

from services.kafka_programs import BrokerUnusable
from services.kafka_programs import find_programs as find_kafka
from services.postgres_programs import Programs

LIBRARIES = ("psycopg", "psycopg-binary", "SQLAlchemy", "pydantic", "orjson", "kafka-python", "crc32c", "cryptography")


def describe(connection: psycopg.Connection, programs: Programs, folder: Path, *, with_kafka: bool) -> dict[str, Any]:
    """Return machine, versions and what a durable write costs on the disk that ``folder`` is on."""
    row = connection.execute("SHOW server_version").fetchone()
    return {
        "machine": machine(),
        "versions": versions(row[0] if row else "", with_kafka=with_kafka),
        "microseconds_a_durable_write": fsync_microseconds(programs, folder),
    }


def machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "cpu": _cpu(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "load_before": os.getloadavg()[0],
    }


def versions(postgresql: str, *, with_kafka: bool) -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "postgresql": postgresql,
        **({"kafka": _kafka()} if with_kafka else {}),
        **{name: version(name) for name in LIBRARIES},
    }


def fsync_microseconds(programs: Programs, folder: Path) -> dict[str, float]:
    """Return what ``pg_test_fsync`` says of one 8 kB write, for each way to make it durable."""
    probe = folder / "fsync.probe"
    probe.touch()
    programs.own(probe)
    said = programs.run("pg_test_fsync", "-s", "1", "-f", str(probe), timeout=60)
    one_write = said.partition("using one 8kB write")[2].partition("using two 8kB writes")[0]
    probe.unlink(missing_ok=True)
    return {way: float(cost) for way, cost in re.findall(r"(\w+)\s+[\d.]+ ops/sec\s+([\d.]+) usecs/op", one_write)}


def _cpu() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        return platform.processor()
    return found[1] if found else platform.machine()


def _kafka() -> str:
    try:
        found = next(find_kafka().glob("kafka_2*.jar"), None)
    except BrokerUnusable:
        return ""  # the figures through Kafka will say why; the others need none
    return found.stem.rpartition("-")[2] if found else ""
