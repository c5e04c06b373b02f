"""The verifier that stands alone, ``deploy/verify_linkage.py``, as a module."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType

SCRIPT = Path(__file__).parents[1] / "deploy" / "verify_linkage.py"


@cache
def verifier() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_linkage", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found
