"""Help and examples (帮助与示例): what each role does first, what the words mean, what to do when something is wrong.

The words of a side stand in its templates ``help_roles.html`` and ``help_trouble.html``; the limits are those in force.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from events.database import raw
from services.either_side import Here
from services.limits import KIND_WORDS
from services.pages.downloads import download
from services.pages.visiting import Visiting
from services.problems import Problem
from services.time_rules import read_time_rules


@dataclass(frozen=True, slots=True)
class Example:
    """A file to try something with; all that stands in it is invented. ``words``: its name; ``about``: what it shows;
    ``where``: address and words of the page that takes it, none when it is taken by command."""

    words: str
    about: str
    where: tuple[str, str] | None
    make: Callable[[date], bytes]


def no_such_example() -> Problem:
    return Problem(404, "no_such_example", "没有这个示例", "没有这个名字的示例文件。", "请从“帮助与示例”中选择。")


def help_routes(examples: Mapping[str, Example]) -> APIRouter:
    """Return the help page of a side with its example files, by their names in the address."""
    routes = APIRouter()

    @routes.get("/help", response_model=None)
    def help_page(
        here: Here, visit: Visiting, example: Annotated[str, Query(pattern="^[a-z]{0,20}$")] = ""
    ) -> Response:
        """Show the help, for whoever comes; ``example`` answers a file to try with."""
        if example:
            if example not in examples:
                raise no_such_example()
            one = examples[example]
            return download(one.make(visit.desk.today), f"示例-{one.words}.xlsx")
        with here.engine.connect() as connection:
            limits = read_time_rules(raw(connection)).limits
        holding = [(words, limits.of(kind, day=visit.desk.today)) for kind, words in KIND_WORDS.items()]
        return visit.show("help.html", examples=examples, limits=holding)

    return routes
