"""How a thing is stated by program, over HTTP or through a topic: its JSON read, and what is wrong with it said."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from services.form_faults import faults_in_words
from services.refusing import Rule

INVALID_REQUEST = Rule("invalid_request", "填报内容有误: 逐项说明问题。", "请按提示修改后重新提交。")
NOT_JSON = Rule("not_json", "请求内容无法读取。", "请检查请求内容的格式与编码 (UTF-8)。")


Model = TypeVar("Model", bound=BaseModel)


def stated(model: type[Model], item: Any) -> Model | dict[str, Any]:
    """Return the ``model`` that parsed JSON states, or the answer that refuses it and names each fault."""
    try:
        return model.model_validate(item)
    except ValidationError as error:
        faults = faults_in_words(error.errors(include_input=False, include_url=False))
    return {
        "accepted": False,
        "rule": INVALID_REQUEST.code,
        "text": "; ".join(f"{fault['field'] or '请求内容'}: {fault['reason']}" for fault in faults[:5]),
        "repair": INVALID_REQUEST.repair,
        "field": faults[0]["field"],
        "faults": faults,
    }


def answer_key(idempotency_key: str, index: int = 0) -> str:
    """Return under which key the answer to the thing at ``index`` of a request is kept.

    A command of the topic is a request with one decision: sent again over HTTP by the same caller, it is the same.
    """
    return f"{idempotency_key}/{index}"
