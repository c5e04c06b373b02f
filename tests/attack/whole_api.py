"""The whole API of both sides as their OpenAPI documents describe it, and as they do not: generated requests, judged.

No answer may be a 5xx, nor differ from what the document says of its status, media type and form; what a document does
not allow must not be taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx2
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode, checks
from schemathesis.core.failures import Failure, FailureGroup
from starlette.types import ASGIApp, Receive, Scope, Send

STREAMS = "text/event-stream"


@dataclass
class Found:
    """``cases``: how many requests; ``statuses``: how they were answered; ``faults``: by operation, each once."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "cases": self.cases,
            "statuses": {str(status): many for status, many in sorted(self.statuses.items())},
            "faults": self.faults,
        }


def attack(
    app: FastAPI, cases: int, beginning: int, headers: dict[str, str] | None = None, only: Sequence[str] = ()
) -> Found:
    """Send ``cases`` requests to each operation of ``app`` (or those of ``only``), the same for the same ``beginning``;
    half of them fit the document, half do not."""
    found = Found()
    schema = schemathesis.openapi.from_asgi("/openapi.json", _answered(app))
    schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
    # 503, 504 and 507 are answers that the document names; 500 it never does.
    judged = [
        checks.status_code_conformance, checks.content_type_conformance, checks.response_schema_conformance,
    ]  # fmt: skip
    operations: Any = schema.get_all_operations()
    for result in operations:
        operation = result.ok()
        said = operation.definition.raw.get("responses", {})
        if STREAMS in str(said.get("200", "")):
            continue  # it has no end to wait for
        name = operation.label
        if only and name not in only:
            continue

        seed(beginning)(_sending(operation, judged, cases, headers or {}, found))()
    return found


def _sending(
    operation: Any, judged: list[Any], cases: int, headers: dict[str, str], found: Found
) -> Callable[[], None]:
    @settings(
        max_examples=cases, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        try:
            answer = case.call(headers=headers)
        except (UnicodeEncodeError, httpx2.InvalidURL):
            return  # what no client of HTTP can send
        found.cases += 1
        found.statuses[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=judged)
        except (Failure, FailureGroup) as failure:
            found.faults.setdefault(operation.label, _said(failure, answer.status_code))

    sending: Callable[[], None] = send
    return sending


def _answered(app: ASGIApp) -> ASGIApp:
    """Take the answer to a defect (500), and not the defect itself, which goes on to whoever serves."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(Exception):
            await app(scope, receive, send)

    return serve


def _said(failure: BaseException, status: int) -> str:
    first = failure.exceptions[0] if isinstance(failure, FailureGroup) else failure
    return f"{status}: {getattr(first, 'title', type(first).__name__)}: {str(first)[:300]}"
