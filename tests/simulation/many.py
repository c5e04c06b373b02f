"""Many seeds by several processes at once, each with a PostgreSQL of its own: the simulated clock is the server's."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path
from tempfile import TemporaryDirectory

from services.embedded_postgres import attach
from tests.simulation import golden
from tests.simulation.ground import Ground, quiet
from tests.simulation.plan import draw
from tests.simulation.world import Outcome

IN_MEMORY = Path("/dev/shm")
SETTINGS = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
"""A session's death is simulated, a server's loss of power is not."""
BLOCK = 200
AT_ONCE = 5
"""Seeds that a process takes at a time: few, so that all end a block together."""


@contextmanager
def open_ground() -> Iterator[Ground]:
    """A PostgreSQL of its own, in memory where there is a folder for that."""
    within = IN_MEMORY if IN_MEMORY.is_dir() else None
    with TemporaryDirectory(prefix="linkage-simulation-", dir=within, ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with attach(Path(folder), settings=SETTINGS) as server, quiet():
            ground = Ground(server.url("postgres"))
            try:
                yield ground
            finally:
                ground.close()


def outcomes(seeds: Sequence[int], processes: int) -> Iterator[list[tuple[int, Outcome, int]]]:
    """Yield blocks of seeds, each with its outcome (without the trace) and how many steps that had. Whoever
    has enough stops asking between two blocks."""
    pool = multiprocessing.get_context("spawn").Pool(processes)
    try:
        for begin in range(0, len(seeds), BLOCK):
            yield pool.map(_simulated, seeds[begin : begin + BLOCK], AT_ONCE)
    finally:
        # Ended by close, not by a signal: its processes stop their servers then.
        pool.close()
        pool.join()


_grounds = ExitStack()
"""What this process simulates on, kept until it ends: opening it takes as long as forty seeds."""


def _simulated(seed: int) -> tuple[int, Outcome, int]:
    outcome = golden.simulate(_own_ground(), draw(seed))
    return seed, replace(outcome, trace=[]), len(outcome.trace)


@cache
def _own_ground() -> Ground:
    ground = _grounds.enter_context(open_ground())
    Finalize(None, _grounds.close, exitpriority=10)
    return ground
