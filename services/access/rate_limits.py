"""How often one may ask: by key, by account, or by the address of the network for whoever is nobody yet.

Counted in the memory of this process, over a sliding minute (``limits``). A side whose web service runs as several
processes allows each of them as much; a restart begins anew.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from services.access.callers import Caller
from services.problems import Problem
from services.rate_settings import Asking, RateSettings

log = structlog.get_logger()


_LOGIN = ("/login", "/login/code", "/login/first")
_SEARCH = ("/find", "/reveals", "/looks")


def asked_by(request: Request) -> Asking:
    """Return what kind of asking a request is, by the pattern of its address."""
    template = str(getattr(request.scope.get("route"), "path", ""))
    if request.method == "POST":
        if template in _LOGIN:
            return Asking.LOGIN
        if template.endswith(_SEARCH):
            return Asking.SEARCH
    return Asking.ANY


def too_often(seconds: int) -> Problem:
    return Problem(
        429,
        "too_often",
        "请求过于频繁",
        f"一分钟内的请求次数已达上限，本次没有办理。请 {seconds} 秒后再试。",
        "请放慢频率；批量报送请一次报送多条。确需更高频率的，请联系运维人员。",
        retry_after=seconds,
    )


def _uncounted(_: Asking) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Rates:
    """``any``, ``search``, ``login``: how many a minute, 0 for as many as one likes. ``refused`` is told of each that
    was one too many."""

    any: int = 0
    search: int = 0
    login: int = 0
    refused: Callable[[Asking], None] = _uncounted
    _counted: SlidingWindowCounterRateLimiter = field(
        default_factory=lambda: SlidingWindowCounterRateLimiter(MemoryStorage()), repr=False
    )

    def failed(self, request: Request) -> None:
        """Count a key that opened nothing, or refuse it (429). Whoever shows a good one from the same address is not
        hindered: behind one gateway, one system with an old key would else shut the others out."""
        self._hit(Asking.FAILED, _address(request))

    def count(self, request: Request, caller: Caller) -> None:
        """Count what ``caller`` asks, or refuse it (429) when it is one too many. A log-in counts for its address:
        whoever tries names has none of their own."""
        who = caller.name or _address(request)
        kind = asked_by(request)
        if kind is not Asking.ANY:
            self._hit(kind, _address(request) if kind is Asking.LOGIN else who)
        self._hit(Asking.ANY, who)

    def _hit(self, kind: Asking, who: str) -> None:
        if self._most(kind) and not self._counted.hit(self._item(kind), kind, who):
            self._refuse(kind, who)

    def _refuse(self, kind: Asking, who: str) -> None:
        self.refused(kind)
        log.warning("asked_too_often", kind=kind.value)
        again = self._counted.get_window_stats(self._item(kind), kind, who).reset_time - time.time()
        raise too_often(max(1, math.ceil(again)))

    def _most(self, kind: Asking) -> int:
        return {Asking.ANY: self.any, Asking.SEARCH: self.search}.get(kind, self.login)

    def _item(self, kind: Asking) -> RateLimitItemPerMinute:
        return RateLimitItemPerMinute(self._most(kind))


UNLIMITED = Rates()


def rates_of(settings: RateSettings, refused: Callable[[Asking], None] = _uncounted) -> Rates:
    return Rates(settings.requests_a_minute, settings.searches_a_minute, settings.logins_a_minute, refused)


def _address(request: Request) -> str:
    return f"address:{request.client.host if request.client else ''}"
