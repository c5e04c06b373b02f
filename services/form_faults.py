"""What is wrong with a form, field by field, in the words of those who fill it in. Never with the wrong value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_FAULTS = {
    "missing": "缺少此项",
    "extra_forbidden": "没有此项, 请删除",
    "string_too_long": "内容过长",
    "string_pattern_mismatch": "格式不符",
    "string_type": "应为文字",
    "enum": "不在允许的取值之内",
    "json_invalid": "不是合法的 JSON",
    "list_type": "应为列表",
    "too_long": "数量过多",
    "too_short": "数量过少",
    "bool_parsing": "应为 true 或 false",
    "bool_type": "应为 true 或 false",
    "uuid_parsing": "编号格式不符",
    "greater_than_equal": "数值过小",
    "less_than_equal": "数值过大",
}


def faults_in_words(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return each fault of a validation as field and reason, in Chinese, without the value (it may be personal)."""
    found = []
    for error in errors:
        place = ".".join(str(part) for part in error["loc"] if part not in ("body", "query", "path"))
        kind = str(error["type"])
        least = error.get("ctx", {}).get("min_length", 1) if kind == "string_too_short" else 0
        word = (f"至少 {least} 个字" if least > 1 else "不能为空") if least else _FAULTS.get(kind)
        if word is None:
            word = "日期或时间格式不符, 请写作 2026-11-24" if kind.startswith(("date", "time")) else "内容不符合要求"
            word = "应为整数" if kind.startswith("int") else word
        found.append({"field": place, "reason": word})
    return found
