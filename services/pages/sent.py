"""What was typed into a form that has its fields from a table: text by name. Files are left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Request

from services.access.own_forms import FIELD


async def _sent(request: Request) -> Mapping[str, str]:
    typed = (await request.form()).items()
    return {name: value for name, value in typed if isinstance(value, str) and name != FIELD}


Sent = Annotated[Mapping[str, str], Depends(_sent)]
