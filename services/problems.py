"""What cannot be done, in the words of those who read it: RFC 9457 problem details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.form_faults import faults_in_words
from services.stating import NOT_JSON

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """What went wrong (``title``, ``detail``), a stable ``code`` for programs, and what the reader can do."""

    def __init__(self, status: int, code: str, title: str, detail: str, what_to_do: str, **more: Any) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.what_to_do = what_to_do
        self.more = more

    def body(self) -> dict[str, Any]:
        return {
            "type": f"urn:linkage:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "what_to_do": self.what_to_do,
            **self.more,
        }

    @property
    def headers(self) -> dict[str, str]:
        """What HTTP says beside the body: how to show who one is (RFC 6750), when to come again (RFC 9110)."""
        if self.status == 401:
            return {"WWW-Authenticate": 'Bearer realm="linkage"'}
        if self.status in (429, 503):
            return {"Retry-After": str(self.more.get("retry_after", 5))}
        return {}


def number_too_large() -> Problem:
    return Problem(
        422, "number_too_large", "数字过大", "请求中有一个数字超出了可以记录的范围。", "请核对编号、版本号后重新提交。"
    )


def not_json() -> Problem:
    return Problem(400, NOT_JSON.code, "请求不是合法的 JSON", NOT_JSON.text, NOT_JSON.repair)


def form_unreadable() -> Problem:
    return Problem(
        400, "form_unreadable", "上传的表单无法读取", NOT_JSON.text, "请核对上传方式 (multipart/form-data) 后重试。"
    )


def invalid(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """Return the problem of a request that does not fit its form."""
    faults = faults_in_words(errors)
    first = "; ".join(f"{fault['field'] or '请求内容'}: {fault['reason']}" for fault in faults[:5])
    return Problem(422, "invalid_request", "填报内容有误", first, "请按提示修改后重新提交。", faults=faults)


def database_away() -> Problem:
    return Problem(503, "database_away", "系统暂时不可用", "数据库暂时无法连接, 本次请求没有被受理。", "请稍后重试。")


def disk_full() -> Problem:
    return Problem(
        507,
        "disk_full",
        "磁盘空间不足, 暂停受理",
        "数据库所在磁盘的空间已低于保留量, 本次请求没有被受理。查询不受影响, 已受理的照常送达。",
        "请通知运维人员清理或扩充磁盘, 恢复后重新提交。",
    )


def no_room_for_files() -> Problem:
    return Problem(
        507,
        "no_room_for_files",
        "临时存放文件的磁盘已满",
        "上传的文件没有地方存放, 本次请求没有被受理。其他办理不受影响。",
        "请通知运维人员清理服务器的临时目录, 恢复后重新上传。",
    )
