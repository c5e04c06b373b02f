"""One target under atheris, in a process that ends with it: ``python -m tests.attack.guided NAME SECONDS FILE CORPUS
…``.

What is wrong is noted and does not end the search: the first finding would hide all later ones. ``FILE`` gets
``executions`` and ``wrong``; what libFuzzer says of coverage it prints itself.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["events", "services", "projections", "verify_linkage"]):
    from tests.attack import targets
    from tests.attack.fuzz import judged

    targets.the_script()


def main() -> None:
    name, seconds, said, *options = sys.argv[1:]
    target, tried, ends = targets.TARGETS[name].run, 0, time.monotonic() + float(seconds)
    wrong: dict[str, str] = {}

    def once(given: bytes) -> None:
        nonlocal tried
        tried += 1
        judged(target, given, wrong)
        if time.monotonic() > ends:
            # libFuzzer would end the process by itself, without a word to Python.
            Path(said).write_text(json.dumps({"executions": tried, "wrong": wrong}))
            os._exit(0)

    atheris.Setup([name, *options], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
