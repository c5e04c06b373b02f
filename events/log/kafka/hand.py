"""One thread that does one call at a time for an event loop: database and kafka-python wait there, the loop lives."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Hand:
    """``await hand.do(function, …)``, in the order of asking. A daemon: a call that hangs does not keep the process."""

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    async def do(self, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def call() -> None:
            try:
                result = function(*arguments, **named)
            except BaseException as error:
                _tell(loop, future, future.set_exception, error)
            else:
                _tell(loop, future, future.set_result, result)

        self._calls.put(call)
        return await future

    def end(self) -> None:
        """End after the calls that were asked for; does not wait."""
        self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call()


def _tell(
    loop: asyncio.AbstractEventLoop, future: asyncio.Future[T], tell: Callable[[Any], None], result: object
) -> None:
    def now() -> None:
        if not future.done():
            tell(result)

    try:
        loop.call_soon_threadsafe(now)
    except RuntimeError:
        return  # the loop was closed without waiting for us
