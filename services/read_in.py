"""Modules are read without sweeping: what a process reads at its start lives as long as it does.

Python looks for garbage by how many objects were made. Who reads four hundred modules makes half a million that stay,
and a sixth of the start went by in looking at them again and again. They are left out of later looks, too.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unswept() -> Iterator[None]:
    """Nothing is swept until the block is left; what was made in it is never looked at again. For what stays."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
