"""What routes that both sides have alike need to know: whose they are, and the database of that side."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import Depends, Request
from sqlalchemy import Engine

from services.statement import Side


class At(NamedTuple):
    """A side, and its database."""

    side: Side
    engine: Engine


def _at(request: Request) -> At:
    return At(request.app.state.side, request.app.state.office.engine)


Here = Annotated[At, Depends(_at)]
