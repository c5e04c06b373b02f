"""Every address of both services, asked while the database is away: refused with 503, and said so, never 200."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from services.approval.publication_file.columns import COLUMNS
from tests.chaos.duties import DEPARTMENTS
from tests.chaos.site import Site
from tests.invented import decision

SECONDS_TO_ANSWER = 15.0
DESCRIBED_SECONDS = 120.0
"""A service draws its description up when it is first asked for it."""
NOTHING = "00000000-0000-4000-8000-000000000000"
PLACES = {"department": next(iter(DEPARTMENTS)), "number": "1", "push": "1", "day": "2026-11-24"}
QUERIES = {
    "/api/v1/task-receipts": f"?department={PLACES['department']}",
    "/api/v1/consultations": f"?body={PLACES['department']}",
    "/api/v1/decisions": f"?body={PLACES['department']}",
    "/api/v1/statistics/pushes": "?from=2026-01-01&to=2026-12-31",
}
"""What must be asked with an address: without it the form is refused before the database is asked."""
PAGES = ("/", "/departments/{department}", "/departments/{department}/rows", "/permits/{permit}", "/exceptions")
ON_DISK = {"/api/v1/files/{batch}/refused.xlsx", "/api/v1/penalties/files/{batch}/refused.xlsx"}
"""Answered from a file: they need no database."""
BODIES: dict[str, dict[str, Any]] = {
    "/api/v1/decisions": {"json": decision().model_dump(mode="json")},
    "/api/v1/batches/{batch}/withdrawal": {"json": {"reason": "误报"}},
    "/api/v1/files": {
        "files": {"file": ("permits.csv", ",".join(column.code for column in COLUMNS).encode() + b"\n1")}
    },
    "/api/v1/exceptions/{row}/kind": {"json": {"kind": "核发"}},
}


@dataclass(slots=True)
class Outage:
    """Made while the services can still say which addresses they have."""

    site: Site
    asked: int = 0
    _requests: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for address in (self.site.approval, self.site.supervision):
            paths = (
                httpx.get(f"{address}/openapi.json", timeout=DESCRIBED_SECONDS, trust_env=False)
                .raise_for_status()
                .json()["paths"]
            )
            for path, methods in paths.items():
                for method in methods:
                    if method == "get" and path not in ON_DISK:
                        self._requests.append(("GET", address + _filled(path) + QUERIES.get(path, ""), {}))
                    elif path in BODIES:
                        self._requests.append((method.upper(), address + _filled(path), BODIES[path]))
            self._requests.append(("GET", f"{address}/readyz", {}))
        page = {"headers": {"accept": "text/html"}}
        self._requests += [("GET", self.site.supervision + _filled(path), page) for path in PAGES]

    def wrong_answers(self) -> Iterator[str]:
        """Ask all of them at once, and yield each answer that is not a refusal with the problem's code."""
        with ThreadPoolExecutor(8) as asking:
            yield from filter(None, asking.map(lambda request: self._wrong(*request), self._requests))
        self.asked += len(self._requests)

    def _wrong(self, method: str, address: str, more: dict[str, Any]) -> str:
        try:
            answer = httpx.request(method, address, timeout=SECONDS_TO_ANSWER, trust_env=False, **more)
        except httpx.TransportError as error:
            return f"{method} {address}: {type(error).__name__} while the database is away"
        said = answer.headers["content-type"]
        named = "text/html" in said or ("problem+json" in said and answer.json()["code"] == "database_away")
        if answer.status_code == 503 and named:
            return ""
        return f"{method} {address}: {answer.status_code} {answer.text[:200]} while the database is away"


def _filled(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: PLACES.get(name[1], NOTHING), path)
