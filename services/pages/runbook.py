"""运行手册: what each alert says, where to look and what to do. It is ``docs/alerts.md``, which every release brings.

The guide is the only place where that is written: messages, pages and Prometheus lead to its entries here.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from services.alerts import KINDS, SEVERITY_WORDS
from services.pages.visiting import Visiting

GUIDE = Path(__file__).parents[2] / "docs" / "alerts.md"
SECTION = "\n## Each alert\n"
_ENTRY = re.compile(r"^### (\w+)$", re.MULTILINE)
_IN_CHINESE = re.compile(r"\s*\*\*(?P<title>[^*]+)。\*\* (?P<said>.+)\n(?P<more>(?:.*\n?)*)")
routes = APIRouter()


class Entry(NamedTuple):
    """``anchor``: of its heading. ``said``: what to look at and do, in Chinese; ``more``: the whole, in English."""

    alert: str
    anchor: str
    title: str
    severity: str
    said: Markup
    more: Markup


class Runbook(NamedTuple):
    """``title``, ``said`` and ``more`` are of the words before the first entry."""

    title: str
    said: Markup
    more: Markup
    entries: tuple[Entry, ...]


@routes.get("/runbook")
def runbook_page(visit: Visiting) -> HTMLResponse:
    visit.must_be()
    return visit.show("runbook.html", runbook=shipped())


@cache
def shipped() -> Runbook:
    """Return the runbook of this release, read once."""
    return read(GUIDE.read_text("utf-8"))


def read(guide: str) -> Runbook:
    """Return the entries of ``guide``, in its order. ``ValueError`` names one without a line in Chinese."""
    before, *parts = _ENTRY.split(guide.partition(SECTION)[2])
    return Runbook(
        *_words("the section", before),
        entries=tuple(
            Entry(alert, alert.lower(), title, SEVERITY_WORDS[KINDS[alert].severity] if alert in KINDS else "", *words)
            for alert, (title, *words) in (
                (alert, _words(alert, text)) for alert, text in zip(parts[::2], parts[1::2], strict=True)
            )
        ),
    )


def _words(alert: str, text: str) -> tuple[str, Markup, Markup]:
    found = _IN_CHINESE.fullmatch(text)
    if found is None:
        raise ValueError(f"docs/alerts.md: {alert} does not begin with **a title。** and what to do, in Chinese")
    return found["title"], _drawn(found["said"]), _drawn(found["more"])


def _drawn(text: str) -> Markup:
    """Return the HTML of ``text``, which is our own; marks of HTML in it are shown as they are. Its links to other
    guides lead nowhere on a site: their words stay."""
    drawer = MarkdownIt("commonmark", {"html": False})
    tokens = drawer.parse(text)
    for token in tokens:
        if token.children is not None:
            token.children = _without_links(token.children)
    return Markup(drawer.renderer.render(tokens, drawer.options, {}))  # noqa: S704 - escaped by the renderer


def _without_links(tokens: list[Token]) -> list[Token]:
    kept: list[Token] = []
    leads_here = False
    for token in tokens:
        if token.type == "link_open":
            leads_here = str(token.attrGet("href")).startswith("#")
        if token.type not in ("link_open", "link_close") or leads_here:
            kept.append(token)
    return kept
