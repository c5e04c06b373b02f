"""The embedded server's write-ahead log, kept segment by segment in a folder, for restoring it to any time."""

import shlex
import stat
from collections.abc import Mapping
from pathlib import Path

from services.postgres_programs import PostgresUnusable, Programs

SEGMENT_SECONDS = 60
"""A segment is kept at the latest after so long: what is younger than that is lost with the server's disk."""


def archiving(programs: Programs, archive: Path, *, making: bool = True) -> Mapping[str, str]:
    """The settings with which a server keeps its log under `archive`, which is made if need be.

    Without `making` nothing is made: where the folder is not there, the server keeps its segments until it is.
    """
    archive = archive.resolve()
    try:
        if making:
            archive.mkdir(parents=True, exist_ok=True)
        if archive.exists():
            archive.chmod(stat.S_IRWXU)
            programs.reach(archive)
    except OSError as error:
        raise PostgresUnusable(
            f"the folder of the write-ahead log {archive} cannot be used ({error.strerror}): "
            "set LINKAGE_WAL_ARCHIVE to a folder of yours"
        ) from error
    # Beside its place and then renamed: a segment that is there is whole. One that is there is never overwritten.
    kept, draft = (shlex.quote(str(archive / name)) for name in ("%f", ".%f"))
    return {
        "archive_mode": "on",
        "archive_timeout": str(SEGMENT_SECONDS),
        "archive_command": f"test ! -f {kept} && cp %p {draft} && sync {draft} && mv {draft} {kept}",
    }


def fetching(archive: Path) -> str:
    """The command by which a server that is being restored takes a segment back."""
    return f"cp {shlex.quote(str(archive.resolve() / '%f'))} %p"
