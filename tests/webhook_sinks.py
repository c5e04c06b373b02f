"""A department's system on a port of this machine that behaves as badly as it is told to."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.certificates import Authority
from tests.notice_sinks import Posted

Behaviour = Callable[[BaseHTTPRequestHandler], None]


def answers(status: int, **headers: str) -> Behaviour:
    def behave(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return behave


def says_nothing(request: BaseHTTPRequestHandler) -> None:
    with suppress(OSError):
        request.rfile.read(1)


def drips(request: BaseHTTPRequestHandler) -> None:
    """A byte now and then, each in good time, and never an end (slow loris)."""
    with suppress(OSError):
        for byte in b"HTTP/1.1 200 OK\r\nX-Drip: " + b"x" * 400:
            request.wfile.write(bytes((byte,)))
            request.wfile.flush()
            time.sleep(0.02)


def talks_without_end(request: BaseHTTPRequestHandler) -> None:
    with suppress(OSError):
        request.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(10_000):
            request.wfile.write(b"X-%d: " % number + b"y" * 200 + b"\r\n")


def hangs_up(request: BaseHTTPRequestHandler) -> None:
    request.close_connection = True


@dataclass
class Hook:
    """``behaves``: to each POST, the last one for ever."""

    port: int = 0
    host: str = "hooks.invented.example"
    secure: bool = False
    posts: list[Posted] = field(default_factory=list)
    behaves: list[Behaviour] = field(default_factory=lambda: [answers(204)])

    @property
    def url(self) -> str:
        return f"http{'s' if self.secure else ''}://{self.host}:{self.port}/hook"


@contextmanager
def hook(certified_for: str | None = None, folder: Path | None = None) -> Iterator[Hook]:
    """``certified_for``: it speaks TLS, with a certificate for that name; its authority is written to
    ``folder/authority.pem``."""
    sink = Hook(secure=certified_for is not None)

    class Conversation(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sink.posts.append(Posted(self.path, dict(self.headers), body))
            behaviour = sink.behaves.pop(0) if len(sink.behaves) > 1 else sink.behaves[0]
            behaviour(self)

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_: object) -> None:
            """A caller that hangs up is what the tests are about."""

    with Server(("127.0.0.1", 0), Conversation) as server:
        if certified_for is not None and folder is not None:
            authority = Authority()
            authority.write(folder / "authority.pem")
            key, certificate = authority.sign(certified_for)
            (folder / "server.pem").write_bytes(key + certificate)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder / "server.pem")
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        sink.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield sink
        server.shutdown()
        thread.join()
