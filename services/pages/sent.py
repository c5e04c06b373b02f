"""What was typed into a form that has its fields from a table: text by name. Files are left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Request


async def _sent(request: Request) -> Mapping[str, str]:
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


Sent = Annotated[Mapping[str, str], Depends(_sent)]
