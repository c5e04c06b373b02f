"""How a page is made: its template, the words for its codes, and headers that let it load nothing from elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from uuid import UUID

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from services import wording
from services.pages.codes import qr_code
from services.pages.lag_words import disk_in_words, lag_in_words
from services.part_names import restarting
from services.working_days import CHINA, china_day

HERE = Path(__file__).parent
STATIC = HERE / "static"

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

SHAPES: Mapping[str, str] = {
    "valid": "●",
    "expired": "◆",
    "surrendered": "○",
    "revoked": "■",
    "annulled": "■",
    "withdrawn": "□",
    "refused": "×",
    "retracted": "－",
}
"""A shape for each state, so that it is told without colour."""


LIGHT_SHAPES: Mapping[str, str] = {"green": "●", "yellow": "▲", "red": "■"}


class Rendering:
    """The templates of a side, on those that both sides share. ``words``: its own catalogue, beside the shared one.
    Made once for each application. ``sheets``: those that are printed as a document, with a number and a code."""

    def __init__(self, templates: Path, words: ModuleType) -> None:
        self.environment = Environment(
            loader=FileSystemLoader([templates, HERE / "templates"]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.filters.update(
            day=wording.day_in_words,
            moment=wording.moment_in_words,
            minute=lambda moment: wording.moment_in_words(moment)[:-3],
            amount=lambda number: f"{number:,}".replace(",", "\N{NO-BREAK SPACE}"),
            fact=_fact_in_words,
            told_minute=lambda told: wording.moment_in_words(datetime.fromisoformat(told))[:-3],
            told_day=lambda told: f"{china_day(datetime.fromisoformat(told)):%Y-%m-%d}",
        )
        self.environment.globals.update(
            words=SimpleNamespace(**vars(wording) | vars(words)),
            shapes=SHAPES,
            light_shapes=LIGHT_SHAPES,
            china_day=china_day,
            moment_of=datetime.fromisoformat,
            uuid_of=UUID,
            qr_code=lambda *drawn: Markup(qr_code(*drawn)),  # noqa: S704 - drawn here, from the address alone
            state_of=state_of,
            validity=validity,
            brief=brief,
            lag_in_words=lag_in_words,
            restarting=restarting,
            disk_in_words=disk_in_words,
        )
        # By the foot that every sheet has: one that is made next year is known too.
        self.sheets = frozenset(name for name in self.environment.list_templates() if self._has_foot(name))
        # The address of style and script changes with their content: no browser shows a new page in an old dress.
        files = b"".join(path.read_bytes() for path in sorted(STATIC.iterdir()))
        self.environment.globals["edition"] = hashlib.sha256(files).hexdigest()[:12]

    def _has_foot(self, template: str) -> bool:
        assert self.environment.loader is not None
        return "{{ checked_at(" in self.environment.loader.get_source(self.environment, template)[0]

    def show(self, template: str, /, status: int = 200, **facts: Any) -> HTMLResponse:
        return HTMLResponse(self.environment.get_template(template).render(**facts), status, headers=HEADERS)


def state_of(status: str, valid_to: date | None, today: date) -> tuple[str, str]:
    """Return what a permit is today: a key of ``SHAPES``, and the words for it."""
    if status == "valid" and valid_to is not None and valid_to < today:
        return "expired", "已届满未注销"
    return status, wording.STATUSES.get(status, status)


def validity(status: str, valid_to: date | None, today: date) -> str:
    """Return how long a valid permit still holds, when that is soon, or since when it does not."""
    if status != "valid" or valid_to is None:
        return ""
    days = (valid_to - today).days
    if days < 0:
        return f"已过 {-days} 天"
    if days == 0:
        return "今日届满"
    return f"还有 {days} 天" if days <= 90 else ""


def brief(moment: datetime, today: date) -> str:
    """Return a time as short as a column of a register allows: with the minute this year, the day alone before."""
    there = moment.astimezone(CHINA)
    return f"{there:%m-%d %H:%M}" if there.year == today.year else f"{there:%Y-%m-%d}"


def _fact_in_words(value: Any) -> str:
    if value is None or value == "":
        return "（空）"
    if isinstance(value, bool):
        return "是" if value else "否"
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
