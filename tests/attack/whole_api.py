"""The whole API of a side as its OpenAPI document describes it, and as it does not: generated requests, judged.

Schemathesis's four phases: the document's examples, each border of each parameter (``coverage``), values drawn at
random (``fuzzing``), and requests that go on from the answers to earlier ones (``stateful``). No answer may be a 500,
nor differ from what the document says of its status, media type and form. What else an answer must not be, a ``Judge``
says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from fastapi import FastAPI
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from starlette.types import ASGIApp, Receive, Scope, Send

STREAMS = "text/event-stream"
PHASES = ("examples", "coverage", "fuzzing", "stateful")
# 503, 504 and 507 are answers that the document names; 500 it never does.
CHECKS = ("status_code_conformance", "content_type_conformance", "response_schema_conformance")
IGNORED_AUTH = "ignored_auth"
"""Schemathesis's check that what was answered to a key is not answered without it, nor to a wrong one."""


@dataclass(frozen=True, slots=True)
class Answered:
    """``operation``: as the document has it, ``GET /api/v1/permits/{permit}``; ``sent``: address and body, as text."""

    operation: str
    status: int
    sent: str
    said: str


Judge = Callable[[Answered], str | None]
"""Returns what is wrong with an answer; None when nothing is."""


def the_document_alone(_: Answered) -> str | None:
    """Judge nothing beside what the document says."""
    return None


@dataclass
class Found:
    """``cases``: how many requests, and ``phases``: in which phase; ``statuses``: how they were answered; ``faults``:
    by operation, each once."""

    cases: int = 0
    phases: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "cases": self.cases,
            "phases": dict(self.phases),
            "statuses": {str(status): many for status, many in sorted(self.statuses.items())},
            "faults": self.faults,
        }


def attack(
    app: FastAPI,
    cases: int,
    beginning: int,
    *,
    key: str = "",
    known: Mapping[str, Sequence[str]] | None = None,
    only: Sequence[str] = (),
    phases: Sequence[str] = PHASES,
    judge: Judge = the_document_alone,
) -> Found:
    """Send requests to each operation of ``app`` (or those of ``only``), the same for the same ``beginning``: ``cases``
    random ones, and as many of the other phases as the document asks for. ``key``: shown with each; ``known``: values
    that stand in the databases, by the name of the parameter."""
    found = Found()
    schema = schemathesis.openapi.from_asgi(
        "/openapi.json", _answered(app), config=_config(cases, beginning, key, known or {}, phases)
    )
    chosen = schema.exclude(_streams)  # they have no end to wait for
    if only:
        chosen = chosen.include(name=list(only))
    for event in from_schema(chosen).execute():
        if isinstance(event, events.ScenarioFinished):
            _note(event, found, judge)
        elif isinstance(event, events.NonFatalError):
            found.faults.setdefault(event.label, f"not sent: {str(event.info)[:300]}")
        elif isinstance(event, events.FatalError):
            raise event.exception
    return found


def _config(
    cases: int, beginning: int, key: str, known: Mapping[str, Sequence[str]], phases: Sequence[str]
) -> SchemathesisConfig:
    checks: dict[str, Any] = {"enabled": False} | {name: {"enabled": True} for name in CHECKS}
    asked: dict[str, Any] = {
        "seed": beginning,
        "generation": {"max-examples": cases, "no-shrink": True, "database": "none"},
        "phases": {"enabled": False} | {phase: {"enabled": True} for phase in phases},
        "continue-on-failure": True,
        "dictionaries": {name: {"values": list(values)} for name, values in known.items()},
        # Half of the time: what nobody knows is to be asked for too.
        "parameters": {
            f"{place}.{name}": {"dictionary": name, "probability": 0.5} for name in known for place in ("path", "query")
        },
    }
    if key:
        asked["headers"] = {"Authorization": f"Bearer {key}"}
        checks[IGNORED_AUTH] = {"enabled": True}
    return SchemathesisConfig.from_dict(asked | {"checks": checks})


def _streams(context: Any) -> bool:
    answers = context.operation.definition.raw.get("responses", {})
    return STREAMS in str(answers.get("200", ""))


def _note(event: events.ScenarioFinished, found: Found, judge: Judge) -> None:
    recorded = event.recorder
    for name, interaction in recorded.interactions.items():
        found.cases += 1
        found.phases[event.phase.value] += 1
        if interaction.response is None:
            continue
        case = recorded.cases.get(name)
        answered = Answered(
            case.value.operation.label if case else recorded.label,
            interaction.response.status_code,
            f"{interaction.request.uri} {interaction.request.body!r}",
            interaction.response.content.decode("utf-8", "replace"),
        )
        found.statuses[answered.status] += 1
        if wrong := judge(answered):
            found.faults.setdefault(answered.operation, f"{answered.status}: {wrong}")
    for name, checked in recorded.checks.items():
        case = recorded.cases.get(name)
        operation = case.value.operation.label if case else recorded.label
        for one in checked:
            if one.failure_info is not None:
                failure = one.failure_info.failure
                found.faults.setdefault(operation, f"{failure.title}: {str(failure)[:300]}")


def _answered(app: ASGIApp) -> ASGIApp:
    """Take the answer to a defect (500), and not the defect itself, which goes on to whoever serves."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(Exception):
            await app(scope, receive, send)

    return serve
