"""Messages to a collector of logs: RFC 5424 in the frames of RFC 5425 (octets counted), by TLS or by TCP."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from events.envelope import canonical
from services.access.audit import Result
from services.access.audit_reading import Noted

SECONDS = 10.0
"""In which the collector must take what is sent; then it counts as away."""
UNACKNOWLEDGED_MS = 5000
"""Less than a connection must have stood before what was sent on it counts."""
_AUDIT, _NOTICE, _INFORMATIONAL = 13, 5, 6
"""Facility (log audit) and severities of RFC 5424, 6.2.1."""
_NUMBER = 32473
"""The number for examples (RFC 5612): the product has none of its own."""


@dataclass(frozen=True, slots=True)
class Collector:
    """``ca``: PEM of the authorities that sign its certificate; without it those of the machine."""

    host: str
    port: int
    tls: bool
    ca: Path | None = None

    @classmethod
    def of(cls, address: str, ca: Path | None = None) -> Self:
        """Read ``tls://host:6514`` or ``tcp://host:514``."""
        parts = urlsplit(address)
        return cls(parts.hostname or "", parts.port or 0, parts.scheme == "tls", ca)

    def __str__(self) -> str:
        return f"{'tls' if self.tls else 'tcp'}://{self.host}:{self.port}"


def frame(one: Noted, side: str, machine: str) -> bytes:
    """Return an entry as a frame. Its reason, which a person wrote, stays at home: it may name somebody, and whoever
    keeps the copy could not erase it. ``hash`` and ``position`` tell whether the trail is still what was copied."""
    entry = one.entry
    severity = _NOTICE if entry.result is Result.REFUSED else _INFORMATIONAL
    said = canonical(
        {
            "act": entry.act.value,
            "caller": entry.caller,
            "role": entry.role,
            "body": entry.body,
            "place": entry.place,
            "objects": list(entry.objects),
            "fields": list(entry.fields),
            "result": entry.result.value,
            "origin": entry.origin,
        }
    )  # fmt: skip
    head = (
        f"<{_AUDIT * 8 + severity}>1 {one.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ} {machine} linkage-{side} - "
        f'{entry.act.value} [linkage@{_NUMBER} position="{one.position}" hash="{one.hash.hex()}"] \ufeff'
    )
    message = head.encode() + said
    return b"%d %b" % (len(message), message)


class Line:
    """An open connection. Raises ``OSError`` when the collector cannot be reached, is another, or has gone."""

    def __init__(self, to: Collector) -> None:
        self._socket = socket.create_connection((to.host, to.port), timeout=SECONDS)
        # A machine that lost its power closes nothing: what it does not acknowledge in time breaks the connection.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
        if to.tls:
            trust = ssl.create_default_context(cafile=str(to.ca) if to.ca else None)
            try:
                self._socket = trust.wrap_socket(self._socket, server_hostname=to.host)
            except BaseException:
                self._socket.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def send(self, frames: Iterable[bytes]) -> None:
        self._socket.sendall(b"".join(frames))

    def must_stand(self) -> None:
        """Raise ``ConnectionError`` when the other end has closed it: nothing else tells, for nothing is answered."""
        self._socket.settimeout(0)
        try:
            if not self._socket.recv(4096):
                raise ConnectionResetError("closed by the collector")
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        finally:
            self._socket.settimeout(SECONDS)
