"""The first page of a web service that has no pages for officers: what it is, and where its interface is described."""

from __future__ import annotations

from html import escape

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

# The pages of an office network must load nothing from elsewhere: most have no way out, and none should tell who reads.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


def add_front_page(app: FastAPI) -> None:
    """Answer ``/`` with the service's name and a link to its OpenAPI document."""
    page = f"""<!DOCTYPE html>
<html lang="zh-CN">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(app.title)}</title></head>
<body>
<h1>{escape(app.title)}</h1>
<p>本服务由各审批系统调用，不设办理页面。</p>
<ul>
<li><a href="{app.openapi_url}">接口说明（OpenAPI 文档）</a></li>
<li><a href="/readyz">服务状态</a></li>
</ul>
</body>
</html>
"""

    def front() -> HTMLResponse:
        return HTMLResponse(page, headers=HEADERS)

    app.add_api_route("/", front, methods=["GET"], include_in_schema=False, response_class=HTMLResponse)
