"""One POST to one pinned address, within a time for all of it, and whatever it is answered with.

httpcore and not httpx: it follows nothing, reads no proxy of the surroundings, and lets us name the address to connect
to while TLS and Host keep the name.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpcore

SECONDS = 20.0
LARGEST_HEAD = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """``status`` 0: there was none, and ``reason`` says why. ``retry_after``: as it was said."""

    status: int
    reason: str = ""
    retry_after: str | None = None


class _Within(httpcore.NetworkStream):
    """A stream of which every read and write ends at the same moment. A limit for each read alone is none: who sends a
    byte every few seconds holds the sender as long as he likes."""

    def __init__(self, stream: httpcore.NetworkStream, left: Callable[[], float]) -> None:
        self._stream, self._left, self._taken = stream, left, 0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if (left := self._left()) <= 0:
            raise httpcore.ReadTimeout("all of it took too long")
        piece = self._stream.read(max_bytes, left)
        self._taken += len(piece)
        if self._taken > LARGEST_HEAD:
            raise httpcore.RemoteProtocolError("the head of the answer has no end")
        return piece

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if (left := self._left()) <= 0:
            raise httpcore.WriteTimeout("all of it took too long")
        self._stream.write(buffer, left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        if (left := self._left()) <= 0:
            raise httpcore.ConnectTimeout("all of it took too long")
        return _Within(self._stream.start_tls(ssl_context, server_hostname, left), self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Pinned(httpcore.NetworkBackend):
    """Connects to the address that was judged, whatever name is asked for."""

    def __init__(self, address: str, left: Callable[[], float]) -> None:
        self._address, self._left, self._real = address, left, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._real.connect_tcp(self._address, port, max(self._left(), 0.001), local_address, socket_options)
        return _Within(stream, self._left)


def post(
    url: str,
    address: str,
    body: bytes,
    headers: Mapping[str, str],
    context: ssl.SSLContext,
    seconds: float = SECONDS,
    running: Callable[[], float] = time.monotonic,
) -> Answer:
    """Send ``body`` to ``url``, connected to ``address``. Of the answer only status and Retry-After are looked at."""
    ends = running() + seconds
    said = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
    try:
        with (
            httpcore.ConnectionPool(context, network_backend=_Pinned(address, lambda: ends - running())) as pool,
            pool.stream("POST", url, headers=said, content=body) as answer,
        ):
            after = next((value for name, value in answer.headers if name.lower() == b"retry-after"), None)
            return Answer(answer.status, f"http {answer.status}", after.decode("latin-1") if after else None)
    except httpcore.TimeoutException:
        return Answer(0, "timeout")
    except httpcore.ConnectError as error:
        return Answer(0, "tls" if isinstance(error.__cause__ or error.__context__, ssl.SSLError) else "connect")
    except (httpcore.NetworkError, httpcore.ProtocolError):
        return Answer(0, "broken_off")
