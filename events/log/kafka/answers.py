"""Does a Kafka broker answer? Asked before a client is opened: a client that finds no broker leaves a thread and three
sockets behind, and an outage of a night would leave thousands."""

from __future__ import annotations

import socket
import struct

CLIENT = b"linkage"


def answers(host: str, port: int, timeout: float = 2.0) -> bool:
    """Return whether a broker answers the question that opens every connection (ApiVersions, version 0)."""
    question = struct.pack(f">hhih{len(CLIENT)}s", 18, 0, 1, len(CLIENT), CLIENT)
    try:
        with socket.create_connection((host, port), timeout=timeout) as connection:
            connection.sendall(struct.pack(">i", len(question)) + question)
            return len(connection.recv(8, socket.MSG_WAITALL)) == 8
    except OSError:
        return False


def any_answers(bootstrap: str, timeout: float = 2.0) -> bool:
    """Return whether one of ``bootstrap`` ("host:port,host:port") answers."""
    addresses = (address.rsplit(":", 1) for address in bootstrap.split(","))
    return any(answers(host, int(port), timeout) for host, port in addresses)
