"""TLS before a PostgreSQL server that was built without it, as the wheel's is: what a client sees is the real thing."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.certificates import Authority

SSL_REQUEST = struct.pack(">ii", 8, 80877103)
REFUSAL = b"SFATAL\0VFATAL\0C28000\0Mwithout TLS nobody is let in\0\0"


@contextmanager
def tls_gate(inside: Callable[[], socket.socket], authority: Authority, folder: Path) -> Iterator[int]:
    """Let connections in by TLS only, with a certificate for ``localhost``; yields the port on 127.0.0.1."""
    pem = folder / "server.pem"
    pem.write_bytes(b"".join(authority.sign()))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    listening = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_let_in, args=(listening, context, inside), daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def _let_in(listening: socket.socket, context: ssl.SSLContext, inside: Callable[[], socket.socket]) -> None:
    with suppress(OSError):
        while True:
            outside, _ = listening.accept()
            threading.Thread(target=_serve, args=(outside, context, inside), daemon=True).start()


def _serve(outside: socket.socket, context: ssl.SSLContext, inside: Callable[[], socket.socket]) -> None:
    with outside, suppress(OSError):
        if outside.recv(8, socket.MSG_WAITALL) != SSL_REQUEST:
            outside.sendall(b"E" + struct.pack(">i", len(REFUSAL) + 4) + REFUSAL)
            return
        outside.sendall(b"S")
        with context.wrap_socket(outside, server_side=True) as shielded, inside() as server:
            back = threading.Thread(target=_carry, args=(server, shielded), daemon=True)
            back.start()
            _carry(shielded, server)
            back.join(10)


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while said := source.recv(65536):
            target.sendall(said)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
