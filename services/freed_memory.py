"""What a process frees goes back to the machine: a service takes what it needs, not what it once needed.

GNU's allocator gives each of the twenty threads of a part a heap of its own, and after the first large piece that was
freed it takes large ones from those heaps too, among small ones that stay. A projector that came through four outages
of Kafka and of the database so took 29 MB more than before, of which Python used none.
"""

from __future__ import annotations

import ctypes

# The numbers of GNU's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8

ARENAS = 2
LARGE_BYTES = 128 * 1024
"""From this size on a piece is the machine's own again as soon as it is freed. GNU begins with the same, and forgets
it; a number that was set it keeps."""


def give_back_what_is_freed() -> bool:
    """Have it so from now on; call it before there are threads. Return whether this system's allocator can."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False  # musl's and macOS's have no such habit
    wanted = {_ARENA_MAX: ARENAS, _MMAP_THRESHOLD: LARGE_BYTES, _TRIM_THRESHOLD: LARGE_BYTES}
    return all(mallopt(what, value) == 1 for what, value in wanted.items())
