"""Is every file of a backup as it was copied? By `backup_manifest`, which PostgreSQL writes beside it.

PostgreSQL's own `pg_verifybackup` does the same; the one in the wheel breaks off with a memory fault.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import orjson

_BLOCK = 1 << 20
_WAL = "pg_wal"


def faults(base: Path) -> Iterator[str]:
    """One line for each file that is not what the manifest says. ValueError or OSError when that itself is damaged."""
    manifest = base / "backup_manifest"
    text = manifest.read_bytes()
    said = orjson.loads(text)
    # The last line is the checksum of all before it.
    body = text[: text.rindex(b'"Manifest-Checksum"')]
    if hashlib.sha256(body).hexdigest() != said["Manifest-Checksum"]:
        raise ValueError("backup_manifest is not what PostgreSQL wrote")
    named = {one["Path"]: one for one in said["Files"]}
    for name, one in named.items():
        path = base / name
        if not path.is_file():
            yield f"{name} is missing"
        elif path.stat().st_size != one["Size"]:
            yield f"{name} has {path.stat().st_size} bytes, not {one['Size']}"
        elif _sha256(path) != one["Checksum"]:
            yield f"{name} has other contents"
    if not any((base / _WAL).iterdir()):
        yield f"{_WAL} is empty: without it the copy cannot be made consistent"


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
