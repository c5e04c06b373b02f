"""An officer whose page follows one department live, and comes back with the last id it saw after every cut."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.chaos.history import History

CONNECT_SECONDS = 5.0
SILENT_SECONDS = 25.0
"""The product says something every 15 s."""


class Officer(threading.Thread):
    """``seen``: the ledger numbers of the pushes, as they came. ``resets``: (after, head) that it was told to skip."""

    def __init__(self, address: str, department: str, history: History) -> None:
        super().__init__(name="officer", daemon=True)
        self.address = address
        self.department = department
        self.history = history
        self.stopping = threading.Event()
        self.seen: list[int] = []
        self.resets: list[tuple[int, int]] = []
        self.last = 0

    def run(self) -> None:
        timeout = httpx.Timeout(CONNECT_SECONDS, read=SILENT_SECONDS)
        with httpx.Client(base_url=self.address, timeout=timeout, trust_env=False) as client:
            while not self.stopping.is_set():
                try:
                    self._follow(client)
                except httpx.TransportError:
                    self.history.not_answered("live_cut")
                self.stopping.wait(0.3)

    def _follow(self, client: httpx.Client) -> None:
        path = f"/api/v1/departments/{self.department}/events"
        with client.stream("GET", path, params={"after": 0}, headers={"Last-Event-ID": str(self.last)}) as answer:
            if answer.status_code == 503:
                self.history.not_answered("live_503")
                return
            if answer.status_code != 200:
                self.history.odd(f"the live pushes answered {answer.status_code}")
                return
            number, kind = 0, ""
            for line in answer.iter_lines():
                if line.startswith("id: "):
                    number = int(line[4:])
                elif line.startswith("event: "):
                    kind = line[7:]
                elif line.startswith("data: "):
                    self._take(kind, number)
                if self.stopping.is_set():
                    return

    def _take(self, kind: str, number: int) -> None:
        if kind == "push":
            self.seen.append(number)
        elif kind == "reset":
            self.resets.append((self.last, number))
        self.last = number


@contextmanager
def officer_watching(address: str, department: str, history: History) -> Iterator[Officer]:
    officer = Officer(address, department, history)
    officer.start()
    try:
        yield officer
    finally:
        officer.stopping.set()
        officer.join(SILENT_SECONDS + 1)
