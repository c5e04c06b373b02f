"""Disks that are full, and disks that lie: what the database and the broker do when they cannot write.

A small file system in memory stands for a small disk; mounting it needs root. ``strace`` answers a flush with an input
or output error, as a dying disk does. Where the machine does not allow it, the verdict says so.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

TOP_UP_SECONDS = 0.1
MEGABYTE = 2**20


class NotPossible(Exception):
    """This machine does not allow the attack. The message says why, and stands in the verdict."""


class SmallDisk:
    """A file system with little room. What fills it is a file of ours, beside what is attacked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    @contextmanager
    def full(self) -> Iterator[None]:
        """Leave no room, nor any that is given back meanwhile, until the block is left."""
        leaving = threading.Event()
        filling = threading.Thread(target=self._keep_full, args=(leaving,), daemon=True)
        filling.start()
        try:
            yield
        finally:
            leaving.set()
            filling.join()
            self._ballast.unlink(missing_ok=True)

    def _keep_full(self, leaving: threading.Event) -> None:
        handle = os.open(self._ballast, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            while not leaving.is_set():
                free = shutil.disk_usage(self.folder).free
                if free:
                    try:
                        os.posix_fallocate(handle, os.fstat(handle).st_size, free)
                    except OSError:
                        continue  # somebody took of it in this moment
                leaving.wait(TOP_UP_SECONDS)
        finally:
            os.close(handle)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Give a disk of its own at ``folder``. Raises ``NotPossible`` where nothing may be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        raise NotPossible("a small file system can be mounted by root only")
    words = [mount, "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotPossible(f"no small file system can be mounted here: {done.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)


@contextmanager
def flushes_that_fail(processes: Sequence[int], *, after: int) -> Iterator[None]:
    """Let each of ``processes``, and what they begin, be told of an input or output error at its flush number
    ``after``. Raises ``NotPossible`` without ``strace``."""
    strace = shutil.which("strace")
    if strace is None:
        raise NotPossible("strace is not installed")
    calls = "fsync,fdatasync"
    words = [strace, "-f", "-qq", "-o", os.devnull, "-e", f"trace={calls}"]
    words += ["-e", f"inject={calls}:error=EIO:when={after}"]
    for process in processes:
        words += ["-p", str(process)]
    tracing = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        yield
        if tracing.poll() not in (None, 0) and tracing.stderr is not None:
            said = tracing.stderr.read().decode(errors="replace").strip()
            if "attach" in said or "ptrace" in said:
                raise NotPossible(f"strace may not watch PostgreSQL here: {said.splitlines()[-1]}")
    finally:
        if tracing.poll() is None:
            tracing.send_signal(signal.SIGTERM)
        tracing.wait()
        if tracing.stderr is not None:
            tracing.stderr.close()
