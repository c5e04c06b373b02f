"""Ports for the parts of a site."""

from __future__ import annotations

import random
import socket
import threading

_PORTS = range(20_000, 32_000)
"""Below those that the system hands out for outgoing connections: a killed part must find its port free again."""
_given: set[int] = set()
_giving = threading.Lock()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses, that was not given before, and that the system gives to nobody."""
    with _giving:
        for port in random.sample(_PORTS, len(_PORTS)):
            with socket.socket() as probe:
                if port in _given or probe.connect_ex(("127.0.0.1", port)) == 0:
                    continue
            _given.add(port)
            return port
    raise OSError("no free port")
