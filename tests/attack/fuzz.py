"""``make fuzz MINUTES=…``: bytes that nobody would send, to what reads foreign bytes (``targets.py``). Leaves with 1
when something other than a reader's own refusal came out, or when one input took more than a second of the processor.

Where `atheris <https://github.com/google/atheris>`_ is installed (Linux on x86-64, see ``pyproject.toml``), inputs are
made from those that reached new code, in a process for each target; elsewhere by mutation of good ones alone. Either
way the targets are the same, and so is what is wrong.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tests.attack.targets import TARGETS

SLOW = 1.0
RESULTS = Path(__file__).parents[2] / "docs" / "fuzz-results.json"


@dataclass
class Tried:
    """``executions``: inputs given; ``edges``: places in the code that they reached, None where nobody counts;
    ``wrong``: what came out, by kind and place, each with the input that shows it."""

    executions: int = 0
    edges: int | None = None
    wrong: dict[str, str] = field(default_factory=dict)


def judged(run: Callable[[bytes], None], given: bytes, wrong: dict[str, str]) -> None:
    """Give ``given`` to ``run`` and note what it does wrong."""
    began = time.process_time()
    try:
        run(given)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        wrong.setdefault(f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}", given.hex())
    if time.process_time() - began > SLOW:
        wrong.setdefault(f"longer than {SLOW} s", given.hex())


def mutated(good: bytes, chance: random.Random) -> bytes:
    """Return ``good`` with a few of its bytes changed, left out, repeated or put in."""
    spoiled = bytearray(good)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(spoiled) + 1)
        match chance.randrange(4):
            case 0:
                spoiled[at:at] = chance.randbytes(chance.randint(1, 6))
            case 1:
                del spoiled[at : at + chance.randint(1, 6)]
            case 2:
                spoiled[at : at + 1] = chance.choice((b"\0", b"\xff", b'"', b"{", b"[", b"-", b"9" * 40, b"e999", b","))
            case _:
                spoiled[at:at] = spoiled[:at][-chance.randint(1, 30) :]
    return bytes(spoiled)


def fuzz(name: str, seconds: float, seed: int = 1, most: int | None = None) -> Tried:
    """Give ``name`` its good inputs and mutations of them, for so long and no more than ``most``."""
    target = TARGETS[name]
    corpus, tried = list(target.good()), Tried()
    chance, ends = random.Random(seed), time.monotonic() + seconds
    for one in corpus:
        judged(target.run, one, tried.wrong)
    while time.monotonic() < ends and (most is None or tried.executions < most):
        one = mutated(chance.choice(corpus), chance)
        judged(target.run, one, tried.wrong)
        tried.executions += 1
        if chance.random() < 0.01 and len(corpus) < 500 and len(one) < 4000:
            corpus.append(one)
    return tried


def guided(name: str, seconds: float, seed: int = 1) -> Tried:
    """Let atheris look for inputs of ``name`` that reach new code, for so long, in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="linkage-fuzz-") as folder:
        said = Path(folder) / "tried.json"
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        for number, good in enumerate(TARGETS[name].good()):
            (corpus / str(number)).write_bytes(good)
        # Seeds are kept as they are: the models' native code counts no edges, and would make all of them look the same.
        options = (
            f"-seed={seed}",
            "-max_len=8192",
            "-keep_seed=1",
            "-reduce_inputs=0",
            "-timeout=60",
            "-rss_limit_mb=0",
        )
        module = (sys.executable, "-m", "tests.attack.guided")
        command = [*module, name, f"{seconds:.0f}", str(said), str(corpus), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not said.exists():
            raise RuntimeError(f"{name}: atheris did not end well\n{done.stderr[-3000:]}")
        tried = Tried(**json.loads(said.read_text()))
        said_of = [line.split("cov: ")[1].split()[0] for line in done.stderr.splitlines() if "cov: " in line]
        tried.edges = max(map(int, said_of), default=None)
        if done.returncode:
            tried.wrong[f"ended with {done.returncode}"] = done.stderr[-500:]
        return tried


def has_atheris() -> str | None:
    try:
        return version("atheris")
    except PackageNotFoundError:
        return None


def run(minutes: float, seed: int, names: list[str], record: bool) -> dict[str, Any]:
    """Try each target; what was recorded of others stays."""
    by = has_atheris()
    found: dict[str, Any] = {}
    for name in names:
        tried = (guided if by else fuzz)(name, minutes * 60 / len(names), seed)
        tried.wrong = {what: shown[:8000] for what, shown in tried.wrong.items()}
        print(name, tried.executions, tried.edges, *tried.wrong.items(), sep="\n  ", file=sys.stderr, flush=True)
        found[name] = asdict(tried) | {
            "seconds": round(minutes * 60 / len(names)),
            "seed": seed,
            "by": f"atheris {by}" if by else "mutation",
            "machine": f"{platform.machine()}, Python {platform.python_version()}",
            "day": time.strftime("%Y-%m-%d"),
        }
        if record:
            before = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
            RESULTS.write_text(json.dumps(before | {name: found[name]}, ensure_ascii=False, indent=1) + "\n")
    return found


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.attack.fuzz", description=__doc__)
    asked.add_argument("--minutes", type=float, default=30, help="of all targets together")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--target", action="append", choices=sorted(TARGETS), help="these only")
    asked.add_argument("--record", action="store_true", help=f"write {RESULTS.name}")
    said = asked.parse_args()
    found = run(said.minutes, said.seed, said.target or list(TARGETS), said.record)
    print(json.dumps(found, ensure_ascii=False, indent=1))
    return int(any(one["wrong"] for one in found.values()))


if __name__ == "__main__":
    raise SystemExit(main())
