"""Whether a request that changes something comes from a page of this service, or from no page at all.

A browser sends a reader's cookies with whatever another site's page makes it send. It also says where that page is from
(``Sec-Fetch-Site``, ``Origin``), and no page can change that; a program says neither. Asked of pages and API alike: the
API takes the same cookies.
"""

from __future__ import annotations

from fastapi import Request

from services.problems import Problem


def foreign_form() -> Problem:
    return Problem(
        403,
        "foreign_form",
        "请求不是从本系统的页面提交的",
        "为防止他人网页冒用您的岗位，本次提交没有办理。",
        "请在本系统的页面上重新提交。",
    )


def from_our_pages(request: Request) -> None:
    """Refuse what another site's page sent with the reader's cookies."""
    if request.method in ("GET", "HEAD"):
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    ours = origin is None or origin.split("://", 1)[-1] == request.headers.get("host")
    if site not in (None, "same-origin", "none") or not ours:
        raise foreign_form()
