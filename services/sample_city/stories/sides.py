"""Both sides as bureaus and departments reach them: over HTTP, each request under a key of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx

from services.sample_city.loading import Stopped

HEARD_SECONDS = 30.0
"""How long a story waits for the other side to hear; it takes a moment, and five seconds where a scheduler looks."""

_Answer = TypeVar("_Answer")


class Refusal(Exception):
    """A side refused what a story says, or never heard of it. The text names the request and the rule."""


@dataclass
class Sides:
    """The two services, for stories that began on ``day``. A request made once more gets its first answer, so that a
    story which was broken off is told again from its beginning."""

    approval: httpx.Client
    supervision: httpx.Client
    day: date
    stop: threading.Event

    def decide(self, key: str, *decisions: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Hand decisions in; what was recorded of each."""
        answer = self._post(self.approval, "decisions", {"decisions": list(decisions)}, key)
        return self._accepted("decisions", answer["outcomes"])

    def bureau(self, path: str, key: str, **form: Any) -> dict[str, Any]:
        """A clerk says something to the approval side."""
        return self._post(self.approval, path, form, key)

    def office(self, path: str, key: str, **form: Any) -> dict[str, Any]:
        """An officer or the coordinator says something to the supervision side."""
        return self._post(self.supervision, path, form, key)

    def step(self, department: str, permits: Sequence[str], key: str, **do: Any) -> None:
        """Officers of ``department`` take one step about each of ``permits``; without a ``key`` each time anew."""
        receipts = [{"permit": permit, "do": do} for permit in permits]
        path = f"departments/{department}/receipts"
        self._accepted(path, self._post(self.supervision, path, {"receipts": receipts}, key)["outcomes"])

    def upload(self, path: str, file: Path, **form: str) -> dict[str, Any]:
        """Hand a file in to the supervision side. The same file twice changes nothing."""
        content = file.read_bytes()
        return self._said(
            path,
            lambda: self.supervision.post(f"/api/v1/{path}", data=form, files={"file": (file.name, content)}),
        )

    def told_by_bureau(self, path: str, **asked: Any) -> dict[str, Any]:
        return self._get(self.approval, path, asked)

    def told_by_office(self, path: str, **asked: Any) -> dict[str, Any]:
        return self._get(self.supervision, path, asked)

    def until(self, what: str, question: Callable[[], _Answer | None]) -> _Answer:
        """Ask until there is an answer. ``Refusal`` when there is none in ``HEARD_SECONDS``."""
        deadline = time.monotonic() + HEARD_SECONDS
        while True:
            answer = question()
            if answer is not None:
                return answer
            if time.monotonic() > deadline:
                raise Refusal(f"{what}: nothing was heard of it")
            if self.stop.wait(0.05):
                raise Stopped

    def ago(self, days: int) -> str:
        """The day so many days before the stories began; negative: after it."""
        return (self.day - timedelta(days=days)).isoformat()

    def _post(self, side: httpx.Client, path: str, form: Mapping[str, Any], key: str) -> dict[str, Any]:
        headers = {"Idempotency-Key": f"story/{key}"} if key else {}
        return self._said(path, lambda: side.post(f"/api/v1/{path}", json=dict(form), headers=headers))

    def _get(self, side: httpx.Client, path: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        return self._said(path, lambda: side.get(f"/api/v1/{path}", params=dict(asked)))

    def _said(self, path: str, request: Callable[[], httpx.Response]) -> dict[str, Any]:
        """Make the request again while the side is not there yet, or cannot ask the other one. An answer that is a list
        stands under ``answers``."""
        deadline = time.monotonic() + HEARD_SECONDS
        while True:
            if self.stop.is_set():
                raise Stopped
            try:
                answer = request()
            except httpx.TransportError as error:
                why = type(error).__name__
            else:
                if answer.is_success:
                    said = answer.json()
                    return said if isinstance(said, dict) else {"answers": said}
                why = str(answer.json().get("code"))
                if answer.status_code != 503:
                    raise Refusal(f"{path}: {why}")
            if time.monotonic() > deadline:
                raise Refusal(f"{path}: {why}")
            self.stop.wait(0.2)

    def _accepted(self, path: str, outcomes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        for one in outcomes:
            if not one["accepted"]:
                raise Refusal(f"{path}: {one['rule']}")
        return [dict(one) for one in outcomes]


@contextmanager
def open_sides(approval: str, supervision: str, day: date, stop: threading.Event) -> Iterator[Sides]:
    """Reach the services at these addresses."""
    with _client(approval) as bureau, _client(supervision) as office:
        yield Sides(bureau, office, day, stop)


def _client(address: str) -> httpx.Client:
    return httpx.Client(base_url=address, timeout=30.0, trust_env=False, headers={"Linkage-Caller": "demo-city"})
