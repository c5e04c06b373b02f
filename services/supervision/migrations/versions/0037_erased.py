"""Whose personal facts nobody can read any more."""

from __future__ import annotations

from alembic import op

from projections.erased import ERASED_1

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.execute(ERASED_1)
