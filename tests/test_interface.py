"""The OpenAPI documents say what a caller needs: each operation's name, form, parameters, answers and problems."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from docs import golden
from services.approval.http import Office, application, key_token
from services.problems import MEDIA_TYPE
from tests.invented import decision
from tests.linkage import MASTER, Linkage
from tests.supervision_web import web

DOCUMENTS = golden.interfaces()
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, said in document["paths"].items():
        for method, operation in said.items():
            yield f"{method} {path}", operation


def references(said: Any) -> Iterator[str]:
    if isinstance(said, dict):
        yield from (inner for name, inner in said.items() if name == "$ref")
    for inner in said.values() if isinstance(said, dict) else said if isinstance(said, list) else ():
        yield from references(inner)


def complain_of(document: dict[str, Any]) -> list[str]:
    """Return what a caller would miss in ``document``."""
    found = []
    named = [operation.get("operationId") for _, operation in operations(document)]
    for where, operation in operations(document):
        name = operation.get("operationId", "")
        if not re.fullmatch(r"[a-z][A-Za-z]+", name) or named.count(name) > 1:
            found.append(f"{where}: operationId {name}")
        if not CHINESE.search(operation.get("summary", "")):
            found.append(f"{where}: summary")
        if where.startswith("post") and "requestBody" not in operation:
            found.append(f"{where}: form")
        found += [f"{where}: {p['name']}" for p in operation.get("parameters", ()) if not p.get("description")]
        if "503" not in operation["responses"]:
            found.append(f"{where}: 503")
        for status, answer in operation["responses"].items():
            content = answer.get("content", {})
            if status[0] in "45" and not content.get(MEDIA_TYPE, {}).get("examples"):
                found.append(f"{where}: {status} without an example")
    known = document["components"]["schemas"]
    found += [one for one in references(document) if one.removeprefix("#/components/schemas/") not in known]
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_caller_finds_everything_he_needs_in_the_document(path: Any) -> None:
    assert complain_of(DOCUMENTS[path]) == []


def test_what_a_caller_would_miss_is_noticed() -> None:
    document = {
        "paths": {"/x": {"post": {"summary": "X", "parameters": [{"name": "p"}], "responses": {"404": {}}}}},
        "components": {"schemas": {}},
        "more": {"$ref": "#/components/schemas/Nowhere"},
    }
    assert len(complain_of(document)) == 7


def test_problems_are_answered_as_the_documents_show_them(linkage: Linkage) -> None:
    bureau = TestClient(application(Office(linkage.approval_web, linkage.web_desk, key_token(MASTER))))
    nobody = "/api/v1/permits/00000000-0000-4000-8000-000000000000"
    for client, path in ((bureau, "approval"), (TestClient(web(linkage)), "supervision")):
        document = DOCUMENTS[golden.API / f"{path}.openapi.json"]
        answer = client.get(nobody)
        shown = document["paths"]["/api/v1/permits/{permit}"]["get"]["responses"][str(answer.status_code)]
        assert answer.headers["content-type"] == MEDIA_TYPE
        assert answer.json() == shown["content"][MEDIA_TYPE]["examples"][answer.json()["code"]]["value"]


def test_a_decision_has_exactly_the_fields_that_the_document_names() -> None:
    schemas = DOCUMENTS[golden.API / "approval.openapi.json"]["components"]["schemas"]
    assert schemas["Decision"]["properties"].keys() == decision().model_dump().keys()
    assert schemas["Decision"]["additionalProperties"] is False
