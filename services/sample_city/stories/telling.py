"""The stories of the invented city in their order, told once; one that was broken off is told again from its start."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import structlog

from services.approval.handling import legal_today
from services.sample_city.stories import desk, findings, handovers, penalties, people, receipts, rules
from services.sample_city.stories.cast import Cast, grant_the_cast
from services.sample_city.stories.sides import Refusal, Sides, open_sides

log = structlog.get_logger()


@dataclass
class Stage:
    """Where the stories are told: the addresses of both services, and a folder for what must be the same next time."""

    folder: Path
    approval: str
    supervision: str
    stop: threading.Event
    end_what_is_over: Callable[[], None]
    """What the scheduler does every ten minutes with permits that came with their last day over."""
    progress: Callable[[str, int, int], None] = field(default=lambda step, done, of: None)

    @property
    def note(self) -> Path:
        return self.folder / "stories.json"


def tell_stories(stage: Stage) -> None:
    """Tell every story, unless all were told. What a side refuses ends one story, is written down, and stops no other.

    The first day is kept: told again on another day, they would be other stories.
    """
    told = json.loads(stage.note.read_text()) if stage.note.exists() else {"day": legal_today().isoformat()}
    if told.get("all"):
        return
    stage.note.write_text(json.dumps(told))
    with open_sides(stage.approval, stage.supervision, date.fromisoformat(told["day"]), stage.stop) as sides:
        cast = grant_the_cast(sides)
        stage.end_what_is_over()
        stories = _stories(stage.folder)
        for number, story in enumerate(stories):
            stage.progress("stories", number, len(stories))
            try:
                story(sides, cast)
            except Refusal as refusal:
                log.warning("story_broken_off", story=getattr(story, "__name__", ""), why=str(refusal))
        stage.progress("stories", len(stories), len(stories))
    stage.note.write_text(json.dumps(told | {"all": True}))


def _stories(folder: Path) -> tuple[Callable[[Sides, Cast], None], ...]:
    """The stories, in an order in which each finds what it rests on, and what takes a moment is said early."""

    def penalties_come(sides: Sides, cast: Cast) -> None:
        penalties.penalties_come_as_a_file(sides, cast, folder / "files" / "penalties.csv")

    return (
        penalties_come,
        findings.promises_are_checked,
        findings.suspicions_are_reported,
        findings.inspections_are_made,
        findings.wrong_facts_are_reported,
        rules.rules_change,
        receipts.some_come_back,
        receipts.two_are_argued_about,
        receipts.departments_sign,
        handovers.stock_is_handed_over,
        findings.what_is_late_is_urged,
        desk.penalties_are_answered,
        desk.findings_are_answered,
        penalties.some_are_undone,
        desk.expiries_are_answered,
        people.officers_are_named,
    )
