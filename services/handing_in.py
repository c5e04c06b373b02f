"""Requests that state one thing, or many of its kind, each with its own outcome: how they are read and answered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from services.access.callers import scope_now
from services.access.own_items import NOT_OWN, refused_as_anothers
from services.interface import PROBLEM, REFERENCE
from services.problem_answers import answer as problem_answer
from services.problems import MEDIA_TYPE, Problem, not_json
from services.stating import Model, answer_key, stated

MOST_AT_ONCE = 1000

IdempotencyKey = Annotated[str | None, Header(max_length=200, description="幂等键：相同的键再次报送，得到首次的答复。")]
Caller = Annotated[str, Header(max_length=100, description="报送系统的名称；幂等键在其范围内有效。")]


class Asker(NamedTuple):
    """Who asks, and under which idempotency key; without a key nothing is remembered."""

    caller: str = ""
    key: str = ""

    def answer_key(self, index: int = 0) -> str:
        """Return under which key the answer to the thing at ``index`` of the request is kept; none without a key."""
        return answer_key(self.key, index) if self.key else ""


def _asker(idempotency_key: IdempotencyKey = None, linkage_caller: Caller = "") -> Asker:
    """Under the key of a body, names of systems are the body's own: nobody gets the first answer to another's
    request by taking its name, and a key that replaces another is still the same caller."""
    if body := ",".join(sorted(scope_now.get().bodies)):
        linkage_caller = body if linkage_caller in ("", body) else f"{body}/{linkage_caller}"
    return Asker(linkage_caller, idempotency_key or "")


AskedBy = Annotated[Asker, Depends(_asker)]


def too_many() -> Problem:
    return Problem(422, "too_many", "一次报送的数量不符", f"一次可报送 1 至 {MOST_AT_ONCE} 条。", "请分批报送。")


def not_accepted(status: int, rule: str, text: str, repair: str, **more: Any) -> Problem:
    """Return the problem of one thing that was refused."""
    return Problem(status, rule, "未予受理", text, repair, **more)


async def body_of(request: Request) -> Any:
    try:
        return json.loads(await request.body(), parse_int=_whole, parse_constant=_refused)
    except (ValueError, RecursionError):  # RecursionError: brackets in brackets without end
        raise not_json() from None


def _whole(digits: str) -> int:
    """Return a whole number that the database and canonical JSON (RFC 8785) can hold."""
    number = int(digits)
    if not -(2**63) <= number < 2**63:
        raise ValueError
    return number


def _refused(constant: str) -> None:
    """NaN and Infinity are no JSON."""
    raise ValueError(constant)


Body = Annotated[Any, Depends(body_of)]
"""The route reads the body itself, since each thing of many is refused for itself."""


def items_of(body: Any, many: str) -> tuple[Sequence[Any], bool]:
    """Return what ``body`` states, and whether it is a list under the name ``many``; at most a thousand."""
    several = isinstance(body, dict) and many in body
    items = body[many] if several else [body]
    if not isinstance(items, list) or not 1 <= len(items) <= MOST_AT_ONCE:
        raise too_many()
    return items, several


def read_each(
    items: Sequence[Any], model: type[Model], whose: str = ""
) -> tuple[dict[int, Model], list[dict[str, Any]]]:
    """Return what ``items`` state as ``model``, each by its place among them, and the answers to all, in order.

    To what states none, or one of another body than the caller's, the answer is there already; the others are empty.
    ``whose``: the field that names the body; without it the route itself says whose they are.
    """
    read: dict[int, Model] = {}
    answers: list[dict[str, Any]] = [{} for _ in items]
    for index, item in enumerate(items):
        said = stated(model, item)
        if isinstance(said, dict):
            answers[index] = said
        elif whose and (another := refused_as_anothers(getattr(said, whose), whose)):
            answers[index] = another
        else:
            read[index] = said
    return read, answers


def answered(answers: Sequence[Mapping[str, Any]], several: bool, *, away: str = "") -> Response:
    """Answer with the outcomes: 201 when all were accepted, 200 when some were, 422 when none was, 403 when all were
    another body's.

    503 when all were refused by the rule ``away``: whoever asks again later, with the same, may succeed.
    """
    accepted = sum(bool(answer["accepted"]) for answer in answers)
    status = 201 if accepted == len(answers) else 200 if accepted else 422
    if away and all(answer.get("rule") == away for answer in answers):
        status = 503
    if all(answer.get("rule") == NOT_OWN.code for answer in answers):
        status = 403
    if several:
        return JSONResponse(
            {"accepted": accepted, "refused": len(answers) - accepted, "outcomes": list(answers)}, status
        )
    answer = answers[0]
    return JSONResponse(answer, status) if answer["accepted"] else problem_answer(refusal(answer, status))


def outcomes_too(refused: dict[int | str, dict[str, Any]]) -> dict[int | str, dict[str, Any]]:
    """Return the ``responses`` of a route that takes one thing or many: of many each has its own outcome, in an answer
    that is no problem, also where none was accepted (422) or all were another's (403)."""
    said = {status: {**answer, "content": dict(answer.get("content", {}))} for status, answer in refused.items()}
    for status, words in _OUTCOMES.items():
        problem = {MEDIA_TYPE: {"schema": PROBLEM, "examples": {}}} if status >= 400 else {}
        answer = said.setdefault(status, {"description": words, "content": problem})
        answer["content"].setdefault("application/json", {"schema": {}})
    return said


_OUTCOMES = {
    200: "一批之中部分受理；逐条结果见 outcomes，次序与报送时相同。",
    201: "全部受理。",
    403: "均不是本单位的事项。",
    422: "均未受理。",
    503: "暂时无法办理，请稍后原样重报。",
}


def refusal(answer: Mapping[str, Any], status: int = 422) -> Problem:
    """Return the problem that the answer to one thing tells, which was refused."""
    more = {name: answer[name] for name in ("field", "faults") if answer.get(name)}
    return not_accepted(status, answer["rule"], answer["text"], answer["repair"], **more)


def one_or_many(model: type[BaseModel], many: str) -> dict[str, Any]:
    """Return what the OpenAPI document says of such a request."""
    one = {"$ref": REFERENCE.format(model=model.__name__)}
    listed = {"type": "array", "minItems": 1, "maxItems": MOST_AT_ONCE, "items": one}
    several = {"type": "object", "required": [many], "properties": {many: listed}}
    schema = {"oneOf": [one, several]}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
