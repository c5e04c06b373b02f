"""What the OpenAPI document of a service says beyond its routes: the problems it answers, each with an example.

A problem in the document is made by the same ``Problem`` that answers, so its form cannot differ from the real one.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from services.access.actions import Action
from services.access.guard import action_missing, not_shown, other_body
from services.access.rate_limits import too_often
from services.problems import MEDIA_TYPE, Problem, database_away, disk_full, form_unreadable, invalid, not_json

REFERENCE = "#/components/schemas/{model}"


class Fault(BaseModel):
    """一处填报错误：哪一项，为什么。"""

    field: str
    reason: str


class ProblemAnswer(BaseModel):
    """RFC 9457 problem+json：``code`` 供程序判断，``detail`` 与 ``what_to_do`` 供人阅读。"""

    type: str
    title: str
    status: int
    detail: str
    code: str
    what_to_do: str
    field: str | None = None
    faults: list[Fault] | None = None


def problems(*answered: Problem, asked: bool = True) -> dict[int | str, dict[str, Any]]:
    """Return ``responses`` of a route that answers these problems, and those that any route may.

    ``asked``: there is something in the request that may not fit its form.
    """
    every = [*answered, database_away()]
    if asked:
        every.append(invalid([{"loc": ("query", "limit"), "type": "less_than_equal"}]))
    found: dict[int | str, dict[str, Any]] = {}
    for problem in every:
        answer = found.setdefault(problem.status, _of_status(problem))
        answer["content"][MEDIA_TYPE]["examples"][problem.code] = _example(problem)
    return found


def _of_status(problem: Problem) -> dict[str, Any]:
    return {"description": problem.title, "content": {MEDIA_TYPE: {"schema": PROBLEM, "examples": {}}}}


def _example(problem: Problem) -> dict[str, Any]:
    return {"summary": problem.title, "value": problem.body()}


PROBLEM = {"$ref": REFERENCE.format(model=ProblemAnswer.__name__)}


_FULL = {"507": _of_status(disk_full())}
_FULL["507"]["content"][MEDIA_TYPE]["examples"][disk_full().code] = _example(disk_full())
"""What whatever records something may answer."""


def _add_full(responses: dict[str, Any]) -> None:
    full = copy.deepcopy(_FULL)
    own = responses.get("507", {}).get("content", {}).get(MEDIA_TYPE, {}).get("examples", {})
    full["507"]["content"][MEDIA_TYPE]["examples"] |= own
    responses.update(full)


def _add_door(responses: dict[str, Any]) -> None:
    """Add what the door answers before any route: who are you, you may not, not so often."""
    for problem in (not_shown(), action_missing(Action.READ_LISTS), other_body("body"), too_often(20)):
        answer = responses.setdefault(str(problem.status), copy.deepcopy(_of_status(problem)))
        answer["content"][MEDIA_TYPE]["examples"].setdefault(problem.code, _example(problem))


def _add_unreadable(operation: dict[str, Any]) -> None:
    """Add what is answered to a body that cannot be read, before it is asked what it says."""
    for media_type in operation.get("requestBody", {}).get("content", {}):
        problem = not_json() if media_type == "application/json" else form_unreadable()
        answer = operation["responses"].setdefault(str(problem.status), copy.deepcopy(_of_status(problem)))
        answer["content"][MEDIA_TYPE]["examples"].setdefault(problem.code, _example(problem))


_SHOWN = {
    "type": "http",
    "scheme": "bearer",
    "description": "密钥（lk_…），只写在 Authorization 请求头中。演示站点不核对。",
}


def carrying(media_type: str, description: str) -> dict[int | str, dict[str, Any]]:
    """Return the ``responses`` of a route whose answer is no JSON."""
    return {200: {"description": description, "content": {media_type: {"schema": {"type": "string"}}}}}


def described(app: FastAPI, *models: type[BaseModel]) -> None:
    """Let the document of ``app`` hold the schema of problems, and of ``models`` that a route names itself."""
    without: Callable[[], dict[str, Any]] = app.openapi

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            said = without()
            schemas = said.setdefault("components", {}).setdefault("schemas", {})
            shown: tuple[type[BaseModel], ...] = (ProblemAnswer, *models)
            for model in shown:
                own = model.model_json_schema(ref_template=REFERENCE)
                schemas.update(own.pop("$defs", {}))
                schemas[model.__name__] = own
            for operations in said["paths"].values():
                if "post" in operations:
                    _add_full(operations["post"]["responses"])
                for operation in operations.values():
                    _add_door(operation["responses"])
                    _add_unreadable(operation)
            said["components"]["securitySchemes"] = {"machineKey": _SHOWN}
            said["security"] = [{"machineKey": []}]
            # FastAPI declares its own form of refusals, which this product never answers.
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]
