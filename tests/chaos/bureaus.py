"""Bureaus that hand decisions in over HTTP as a careful system does: under the same key until there is an answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from random import Random
from typing import Any

import httpx

from services.approval.decision import Kind
from services.approval.handling import legal_today
from services.sample_city.codes import credit_code
from tests.chaos.duties import BEYOND, BODIES, HOME, MATTERS
from tests.chaos.history import History
from tests.invented import decision, party

AT_ONCE = 20
SECONDS_TO_ANSWER = 5.0
IMPATIENT_SECONDS = 0.02
PAUSE_AFTER_FAILURE = 0.3
PATIENCE_SECONDS = 30.0
"""How long a bureau still asks for its last answer when it was told to stop."""


class Permit:
    """One permit as its bureau keeps it: what it says next is always allowed by the rules of a permit's life. All of
    it was decided ``days_ago``."""

    def __init__(self, draw: Random, name: str, days_ago: int = 1) -> None:
        self.draw = draw
        self.name = name
        self.said = 0
        self.ended = False
        self.day = legal_today() - timedelta(days=days_ago)
        body = draw.choice(list(BODIES))
        self.facts: dict[str, Any] = {
            "deciding_body": body,
            "deciding_body_name": BODIES[body],
            "matter_code": draw.choice(MATTERS),
            "region_code": HOME,
            "party": party(identifier=credit_code("91", draw.randrange(50)), name="海州市虚构贸易有限公司"),
            "permit_number": name,
            "decision_date": self.day,
            "valid_from": self.day,
            "valid_to": self.day + timedelta(days=365),
        }

    def next(self) -> tuple[str, dict[str, Any]]:
        """Return the next decision and its mark. The mark is its reason, which every recorded decision keeps."""
        self.said += 1
        mark = f"{self.name}.{self.said:03d}"
        kind = Kind.GRANT if self.said == 1 else self._later()
        stated = decision(kind, **self.facts, document_number=f"海审批〔2026〕{mark}号", reason=mark)
        return mark, stated.model_dump(mode="json")

    def _later(self) -> Kind:
        chance = self.draw.random()
        if chance < 0.55:
            self.facts["content"] = f"准予从事虚构经营第{self.said}类"
            return Kind.AMEND
        if chance < 0.75:
            self.facts["region_code"] = HOME if self.facts["region_code"] == BEYOND else BEYOND
            return Kind.AMEND
        if chance < 0.9:
            end: date = self.facts["valid_to"]
            self.facts["valid_to"] = end + timedelta(days=365)
            return Kind.RENEW
        self.ended = True
        return self.draw.choice((Kind.SURRENDER, Kind.REVOKE))


class Bureau(threading.Thread):
    """Hands in about ``per_second`` decisions, most of them in batches, about permits that no other bureau has."""

    def __init__(
        self, name: str, address: str, history: History, draw: Random, per_second: float, days_ago: int
    ) -> None:
        super().__init__(name=f"bureau-{name}", daemon=True)
        self.bureau = name
        self.history = history
        self.draw = draw
        self.per_second = per_second
        self.days_ago = days_ago
        self.address = address
        self.stopping = threading.Event()
        self._late = threading.Event()
        self._permits: list[Permit] = []
        self._granted = self._requests = 0

    def run(self) -> None:
        with httpx.Client(base_url=self.address, trust_env=False) as client:
            while not self.stopping.is_set():
                batch = self._batch()
                self._hand_in(client, batch)
                self.stopping.wait(len(batch) / self.per_second)

    def give_up(self) -> None:
        """Let what has no answer yet be indefinite."""
        self._late.set()

    def _batch(self) -> list[tuple[Permit, str, dict[str, Any]]]:
        size = 1 if self.draw.random() < 0.2 else self.draw.randint(2, AT_ONCE)
        batch = []
        for _ in range(size):
            permit = self._permit()
            batch.append((permit, *permit.next()))
            if permit.ended:
                self._permits.remove(permit)
        return batch

    def _permit(self) -> Permit:
        if len(self._permits) > 5 and self.draw.random() < 0.6:
            return self.draw.choice(self._permits)
        self._granted += 1
        permit = Permit(self.draw, f"{self.bureau}.{self._granted:05d}", self.days_ago)
        self._permits.append(permit)
        return permit

    def _hand_in(self, client: httpx.Client, batch: Sequence[tuple[Permit, str, dict[str, Any]]]) -> None:
        self._requests += 1
        marks = [mark for _, mark, _ in batch]
        stated = [said for _, _, said in batch]
        body = stated[0] if len(stated) == 1 else {"decisions": stated}
        # Now and then nobody waits for the first answer: what it says must be said again.
        seconds = IMPATIENT_SECONDS if self.draw.random() < 0.05 else SECONDS_TO_ANSWER
        gives_up = self.draw.random() < 0.02
        self.history.hand_in(marks)
        while True:
            answers = self._ask(client, body, seconds)
            if answers is not None:
                for mark, answer in zip(marks, answers, strict=True):
                    self.history.note(mark, answer)
                return
            if gives_up or self._late.is_set():
                # What became of it is not known, so nothing can be said about these permits any more.
                abandoned = {id(permit) for permit, *_ in batch}
                self._permits = [permit for permit in self._permits if id(permit) not in abandoned]
                return
            seconds = SECONDS_TO_ANSWER
            self._late.wait(PAUSE_AFTER_FAILURE)

    def _ask(self, client: httpx.Client, body: dict[str, Any], seconds: float) -> list[dict[str, Any]] | None:
        key = {"Idempotency-Key": f"{self.bureau}-{self._requests}"}
        try:
            answer = client.post("/api/v1/decisions", json=body, headers=key, timeout=seconds)
        except httpx.TransportError as error:
            self.history.not_answered(type(error).__name__)
            return None
        if (answer.status_code, code := _code(answer)) in ((503, "database_away"), (507, "disk_full")):
            self.history.not_answered(code)
            return None
        if answer.status_code not in (200, 201, 422):
            self.history.odd(f"POST /api/v1/decisions answered {answer.status_code}: {answer.text[:200]}")
            return None
        said = answer.json()
        if "decisions" not in body:
            said = {"outcomes": [said if said.get("accepted") else {"accepted": False, "rule": said["code"]}]}
        outcomes: list[dict[str, Any]] = said["outcomes"]
        busy = any(outcome.get("rule") == "busy" for outcome in outcomes)
        return None if busy else outcomes


def _code(answer: httpx.Response) -> str:
    """Return the code of a refusal of the whole request, nothing of any other answer."""
    return str(answer.json().get("code", "")) if answer.status_code in (503, 507) else ""


@contextmanager
def bureaus_at_work(
    address: str, history: History, seed: int, *, count: int, per_second: float, days_ago: int = 1
) -> Iterator[None]:
    """``count`` bureaus that together hand in about ``per_second`` decisions, made ``days_ago``, until the block is
    left."""
    working = [
        Bureau(f"b{seed}x{number}", address, history, Random(seed * 100 + number), per_second / count, days_ago)
        for number in range(count)
    ]
    for bureau in working:
        bureau.start()
    try:
        yield
    finally:
        for bureau in working:
            bureau.stopping.set()
        for bureau in working:
            bureau.join(PATIENCE_SECONDS)
            bureau.give_up()
            bureau.join(SECONDS_TO_ANSWER * 2)
