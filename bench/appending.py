"""How many appends a second, each a transaction of its own, with the sequencer numbering beside them?

The same statement is then run by ``pgbench`` under the same conditions: what is between the two is ours.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from multiprocessing.synchronize import Barrier

from bench import city
from bench.figure import PER_SECOND, Figure
from bench.ground import Ground, Pair
from bench.parts import numbering_alone, numbering_and_signing
from bench.processes import Part, Running, at_work, gate
from events.database import connect
from events.envelope import NewEvent, new_stream
from events.store import append

WRITERS = (1, 8, 32)
PROCESSES = 4
"""Over so many processes the writers are spread: one interpreter would measure its own lock."""

LEAST_RATIO = 0.7
SIGNED_WRITERS = 8
LEAST_BESIDE_SIGNING = 0.85
BOUNDS = {32: (6_000.0, 10_000.0)}


def measure(ground: Ground) -> Iterator[Figure]:
    seconds = 3.0 if ground.quick else 6.0
    for writers in WRITERS:
        ground.checkpoint()
        with ground.fresh() as pair:
            ours = _ours(pair, writers, seconds)
        ground.checkpoint()
        with ground.fresh() as pair:
            theirs = _pgbench(ground, pair, writers, seconds)
        floor, aim = BOUNDS.get(writers, (None, None))
        yield Figure(
            f"append, {writers} writer{'s' if writers > 1 else ''}", ours, PER_SECOND, floor, aim, theirs, LEAST_RATIO
        )
    yield _beside_signing(ground, seconds)


def _beside_signing(ground: Ground, seconds: float) -> Figure:
    """With the tree and its checkpoints kept beside the sequencer, and without, in turns: a slow moment of the machine
    is no one's alone."""
    spent: dict[Part, list[float]] = {numbering_alone: [], numbering_and_signing: []}
    for _ in range(1 if ground.quick else 3):
        for numbering, found in spent.items():
            ground.checkpoint()
            with ground.fresh() as pair:
                found.append(_ours(pair, SIGNED_WRITERS, seconds, numbering))
    without, beside = (sum(found) / len(found) for found in spent.values())
    name = f"append, {SIGNED_WRITERS} writers, with checkpoints"
    return Figure(name, beside, PER_SECOND, beside=without, least_ratio=LEAST_BESIDE_SIGNING, note="beside: without")


def _ours(pair: Pair, writers: int, seconds: float, numbering: Part = numbering_alone) -> float:
    processes = min(PROCESSES, writers)
    ready = gate(writers)
    with at_work(numbering, pair) as sequencer:
        sequencer.until_logged("sequencer_leads", 60)
        crew = [Running(write, pair.approval_url, writers // processes, ready, seconds) for _ in range(processes)]
        appended: int = sum(one.wait(90 + seconds) for one in crew)
        _see_all_numbered(pair, appended)
    return appended / seconds


def write(_: threading.Event, url: str, threads: int, ready: Barrier, seconds: float) -> int:
    """Append from ``threads`` connections, once all writers are ready; return how many were confirmed in time."""
    templates = list(islice(city.decisions(500, following=0), 500))

    def one(number: int) -> int:
        appended = 0
        with connect(url, application="bench-writer") as connection:
            for template in islice(templates, number, number + 6):  # then the driver has prepared the statement
                append(connection, "approval", [_another(template)])
            ready.wait(60)
            end = time.monotonic() + seconds
            while True:
                append(connection, "approval", [_another(templates[(number + appended) % len(templates)])])
                if time.monotonic() > end:
                    return appended
                appended += 1

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(one, range(threads)))


def _another(event: NewEvent) -> NewEvent:
    return NewEvent(new_stream(), 1, event.type, event.schema, event.occurred_at, event.data, event.personal)


SCRIPT = """SELECT append_events(0::smallint, ARRAY[uuidv7()], ARRAY[1], ARRAY['permit_granted'],
    ARRAY[2]::smallint[], ARRAY['2026-11-24 00:00:00+00']::timestamptz[], ARRAY[:data]::text[],
    ARRAY[:personal]::bytea[],
    ARRAY[NULL]::uuid[], ARRAY[NULL]::uuid[], ARRAY[:digest]::bytea[]);
"""


def _pgbench(ground: Ground, pair: Pair, writers: int, seconds: float) -> float:
    event = next(city.decisions(1))
    assert event.personal is not None
    script = ground.folder / "append.sql"
    script.write_text(SCRIPT)
    script.chmod(0o644)
    ground.folder.chmod(0o755)  # pgbench runs as the server's account
    with at_work(numbering_alone, pair) as sequencer:
        sequencer.until_logged("sequencer_leads", 60)
        said = ground.programs.run(
            "pgbench",
            *("-n", "-M", "prepared", "-c", str(writers), "-j", str(min(2, writers)), "-T", str(int(seconds))),
            *("-D", f"data={event.data.decode()}", "-D", rf"personal=\x{event.personal.hex()}"),
            *("-D", rf"digest=\x{event.digest('approval').hex()}", "-f", str(script)),
            *("-h", _socket_folder(pair), "-U", "postgres", pair.approval),
        )
    found = re.search(r"tps = ([\d.]+)", said)
    assert found is not None, said
    return float(found[1])


def _socket_folder(pair: Pair) -> str:
    return pair.approval_url.partition("host=")[2]


def _see_all_numbered(pair: Pair, appended: int) -> None:
    """Nothing may be missing: a fast append that the ledger never got would be no append."""
    with connect(pair.approval_url, application="bench") as connection:
        deadline = time.monotonic() + 60
        while True:
            row = connection.execute(
                "SELECT position, (SELECT count(*) FROM ledger), (SELECT count(*) FROM outbox) FROM ledger_head"
            ).fetchone()
            assert row is not None
            if row[2] == 0:
                break
            assert time.monotonic() < deadline, "the sequencer does not come after"
            time.sleep(0.1)
    assert row[0] == row[1] >= appended, row
