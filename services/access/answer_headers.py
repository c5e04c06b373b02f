"""What every answer of a web service bears, whoever made it: page, file, problem, JSON, stream, the 500 of a defect.

Set at the one place that all answers pass, and last: a handler that is written next year cannot forget it. A page says
what it may load itself (``services/pages/rendering.py``); whatever is no page may load nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.access.body_limit import BodyLimit

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
OF_WORKERS = "default-src 'none'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
"""A worker is bound by what its own script is served with, not by its page: it must reach the stream of news."""
ALWAYS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
BY_HTTPS_ALONE = "max-age=31536000; includeSubDomains"
"""HSTS (RFC 6797), where the public address of the side is https. Not for any https: a trial on this machine would shut
out every other service of ``localhost`` that has no certificate, for a year."""
STATIC = "/static/"
_ONE_YEAR = "public, max-age=31536000, immutable"


class AnswerHeaders:
    """ASGI: sets them when an answer begins."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        static = scope["path"].startswith(STATIC)
        # The address of a style or script that a page names changes with its content: it alone may be kept.
        kept = static and scope["query_string"]

        by_https_alone = scope["app"].state.entrance.by_https_alone

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in ALWAYS.items():
                    headers[name] = value
                if by_https_alone:
                    headers.setdefault("Strict-Transport-Security", BY_HTTPS_ALONE)
                # An old browser knows no frame-ancestors.
                headers.setdefault("X-Frame-Options", "DENY")
                headers.setdefault("Content-Security-Policy", OF_WORKERS if static else NOTHING)
                headers.setdefault("Cache-Control", _ONE_YEAR if kept and message["status"] < 300 else "no-store")
            await send(message)

        await self.app(scope, receive, answer)


def bear_headers(app: FastAPI) -> None:
    """Let every answer of ``app`` bear them, and no request bring more than it may. Outside of what FastAPI puts around
    its middleware: the answer to a defect (500) is made there."""
    inner = app.build_middleware_stack
    app.build_middleware_stack = lambda: AnswerHeaders(BodyLimit(inner()))  # type: ignore[method-assign]
