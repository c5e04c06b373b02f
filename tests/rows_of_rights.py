"""Rows of the table of rights for routes that only a test has: without one nobody is let in."""

from __future__ import annotations

from typing import cast

import pytest

from services.access.rights import NOBODY, Right, rights


def let_anybody_in(patch: pytest.MonkeyPatch, side: str, *asked: str) -> None:
    """Give each of ``asked`` (``GET /list``) a row, until the test ends."""
    for one in asked:
        method, path = one.split()
        table = cast(dict[tuple[str, str, str], Right], rights())
        patch.setitem(table, (side, method, path), Right(side, method, path, None, NOBODY))
