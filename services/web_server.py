"""A web application as one of the loops of a crew: its port is taken before anything starts, and it drains on stop."""

import socket
import threading
from typing import Literal

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.crew import Worker
from services.own_tls import OwnTls
from services.trouble import Trouble

_DRAIN_SECONDS = 3  # for answers on their way; a stream of server-sent events is cut then


class PortTaken(Trouble):
    """Another process listens there; the message names the option that chooses another port."""


def take_port(host: str, port: int, option: str) -> socket.socket:
    """A listening socket. Taken early, so that a taken port is said before data is touched."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Accepted sockets inherit it. asyncio sees to it only for sockets that say they are TCP; without it the second part
    # of each answer waits 40 ms for a caller's acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listening.bind((host, port))
        listening.listen(2048)
    except OSError as error:
        listening.close()
        raise PortTaken(
            f"port {port} on {host} cannot be used ({error.strerror}): choose another with {option}"
        ) from error
    return listening


def serving(
    name: str, application: ASGIApp, listening: socket.socket, lifespan: Literal["on", "off"] = "on",
    gateway: str = "127.0.0.1", tls: OwnTls | None = None,
) -> Worker:  # fmt: skip
    """``gateway``: addresses whose word about who asks is believed (X-Forwarded-For). ``tls``: where the service ends
    TLS itself."""

    def run(stop: threading.Event) -> None:
        server = _Server(
            uvicorn.Config(
                application,
                log_config=None,
                access_log=False,
                lifespan=lifespan,
                server_header=False,
                forwarded_allow_ips=gateway,
                timeout_graceful_shutdown=_DRAIN_SECONDS,
                **(tls.for_uvicorn() if tls else {}),
            ),
            stop,
        )
        server.run(sockets=[listening])

    return Worker(name, run)


def scraped(name: str, registry: CollectorRegistry, listening: socket.socket) -> Worker:
    """Answers every path with what `registry` holds, for a process that has no web service of its own."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)(scope, receive, send)

    return serving(name, answer, listening, lifespan="off")


class _Server(uvicorn.Server):
    """Takes its end from the crew, not from signals (which reach only the main thread)."""

    def __init__(self, config: uvicorn.Config, stop: threading.Event) -> None:
        super().__init__(config)
        self._stop = stop

    async def on_tick(self, counter: int) -> bool:
        ending = await super().on_tick(counter)
        return ending or self._stop.is_set()
