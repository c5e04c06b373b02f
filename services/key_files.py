"""Files that hold a secret which is made once and never again."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def make_once(path: Path, text: str) -> None:
    """Write ``text`` where nothing is yet, readable by nobody else. Of two processes that start at once, both end with
    the file of the first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    try:
        with open(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)
