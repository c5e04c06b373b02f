"""Whose is the lock file of a database folder: does a server run on it, and where does it listen?"""

import os
import subprocess
from pathlib import Path


def running_pid(cluster: Path) -> int | None:
    """The server's process id; a stale file, even one whose number another process bears now, is none."""
    try:
        pid = int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, 0)
    except (FileNotFoundError, ValueError, ProcessLookupError, PermissionError):
        return None
    return pid if _is_server_of(pid, cluster) else None


def _is_server_of(pid: int, cluster: Path) -> bool:
    """By its command line, which anybody may read; of a dead child that nobody has buried it is empty."""
    try:
        return os.fsencode(cluster) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
    shown = subprocess.run(["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603
    return str(cluster) in shown.stdout


def disown(lock: Path) -> None:
    """Give the lock file of a server that is gone a process number that nobody bears.

    Its old number may belong to another process by now (in a restarted container it usually does), and PostgreSQL would
    refuse to start. The rest of the file stays: by it the new server waits for children of the old one that still run.
    """
    if lock.exists():
        _, _, rest = lock.read_text().partition("\n")
        lock.write_text(f"{2**31 - 2}\n{rest}")


def socket_folder_in_use(cluster: Path) -> Path:
    lines = (cluster / "postmaster.pid").read_text().splitlines()
    return Path(lines[4])
