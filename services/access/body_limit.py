"""How much a request may bring, counted while it comes: before anything of it is kept on a disk or parsed.

A form with a file is written to the folder of temporary files before its handler begins; without a limit here the limit
there comes too late.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.problem_answers import answer as problem_answer
from services.uploads import LARGEST_BYTES, too_large

LARGEST_FORM = LARGEST_BYTES + 1024 * 1024
LARGEST_OTHER = 32 * 1024 * 1024
"""Of what is no form with a file: a thousand decisions at once are 4 MB."""


class BodyLimit:
    """ASGI: answers 413 to what is too large, and hears no more of it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        form = headers.get("content-type", "").startswith("multipart/form-data")
        limit = LARGEST_FORM if form else LARGEST_OTHER
        stated = headers.get("content-length", "0")
        if not stated.isascii() or not stated.isdigit() or int(stated[:20]) > limit:
            await problem_answer(too_large())(scope, receive, send)
            return
        heard, over = 0, False

        async def counted() -> Message:
            nonlocal heard, over
            message = await receive()
            heard += len(message.get("body", b""))
            if heard > limit:
                over = True
                return {"type": "http.disconnect"}
            return message

        async def answer(message: Message) -> None:
            if not over:
                await send(message)

        try:
            await self.app(scope, counted, answer)
        except Exception:
            # Whoever read the body has noticed that there is no more of it.
            if not over:
                raise
        if over:
            await problem_answer(too_large())(scope, receive, send)
