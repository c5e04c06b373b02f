"""How a part is let in at brokers that ask who comes. Needs nothing of Kafka's client: settings are read before it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"]


@dataclass(frozen=True, slots=True)
class Secured:
    """Brokers ("host:port,host:port") with TLS, a name and password, or both. Said aloud it is their addresses only."""

    bootstrap: str
    protocol: Protocol
    user: str = ""
    password: str = field(default="", repr=False)
    mechanism: Mechanism = "SCRAM-SHA-512"
    ca_file: Path | None = None
    """PEM of the authorities whose certificates are believed; None: those of the machine."""

    def __str__(self) -> str:
        return self.bootstrap

    @property
    def asks_for_a_name(self) -> bool:
        return self.protocol.startswith("SASL_")

    def tls(self) -> ssl.SSLContext | None:
        """A certificate must be signed by an authority that is believed, and bear the broker's name. None without
        TLS."""
        return ssl.create_default_context(cafile=self.ca_file) if self.protocol.endswith("SSL") else None


Brokers = str | Secured
"""Addresses alone ("host:port,host:port") are brokers that let anybody in."""


def addresses(brokers: Brokers) -> list[str]:
    return str(brokers).split(",")
