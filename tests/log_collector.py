"""A collector of logs for tests: listens, keeps the frames of each connection, and breaks one when it is told to."""

from __future__ import annotations

import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

_POSITION = re.compile(rb'position="(\d+)"')


class LogCollector:
    """``taken``: the frames of each connection, in the order in which they came."""

    def __init__(self, certificate: tuple[Path, Path] | None = None) -> None:
        self.taken: list[list[bytes]] = []
        self.breaks_after: int | None = None
        self.may_read = threading.Event()
        self.may_read.set()
        self._tls = None
        if certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(*certificate)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(5)

    @property
    def positions(self) -> list[list[int]]:
        return [[int(found[1]) for one in frames if (found := _POSITION.search(one))] for frames in self.taken]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
                self._take(self._tls.wrap_socket(connection, server_side=True) if self._tls else connection)
            except ssl.SSLError:
                continue
            except OSError:
                return

    def _take(self, connection: socket.socket) -> None:
        frames: list[bytes] = []
        self.taken.append(frames)
        self.may_read.wait(10)
        with connection, connection.makefile("rb") as stream:
            while length := _length(stream.read(1), stream.read):
                frames.append(stream.read(length))
                if len(frames) == self.breaks_after:
                    self.breaks_after = None
                    # As a process that is killed with unread bytes: what it had not read is lost.
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return


def _length(first: bytes, read: Callable[[int], bytes]) -> int:
    digits = first
    while digits and not digits.endswith(b" "):
        more = read(1)
        if not more:
            return 0
        digits += more
    return int(digits or b"0")


def within(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Wait until ``condition`` holds."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True
