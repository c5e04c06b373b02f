"""TLS of a web service's own: the names in a caller's certificate, as the handshake proved them.

A header of a gateway can be written by whoever reaches the port. So names come from the connection alone: uvicorn
itself tells an application nothing of the certificate, but the transport that its protocol is given does.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

NAMES = "linkage.certificate_names"
"""Where an ASGI scope has them. No header can write there."""


@dataclass(frozen=True, slots=True)
class OwnTls:
    """``clients``: authorities whose certificates are believed; None where none is asked for."""

    certificate: Path
    key: Path
    clients: Path | None = None

    def for_uvicorn(self) -> dict[str, Any]:
        """Return what ``uvicorn.Config`` takes. Who has no certificate may come and show a key, or sign in; who has
        one that does not hold is cut off in the handshake."""
        asked = {"ssl_ca_certs": self.clients, "ssl_cert_reqs": ssl.CERT_OPTIONAL} if self.clients else {}
        return {"ssl_certfile": self.certificate, "ssl_keyfile": self.key, "http": NamingProtocol, **asked}


class NamingProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it; each request of a connection says which names its certificate bears."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        names = names_of(tls.getpeercert()) if tls else ()
        application = self.app

        async def named(scope: Scope, receive: Receive, send: Send) -> None:
            scope[NAMES] = names
            await application(scope, receive, send)

        self.app = named


def names_of(certificate: Mapping[str, Any] | None) -> Sequence[str]:
    """Return the DNS names and addresses (URI) that a certificate is for (subjectAltName, RFC 5280), in lower case.
    The common name is none: RFC 9525 has done away with it."""
    said = (certificate or {}).get("subjectAltName", ())
    return tuple(name.lower() for kind, name in said if kind in ("DNS", "URI"))
