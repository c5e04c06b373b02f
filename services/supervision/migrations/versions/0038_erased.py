"""Whose personal facts nobody can read any more."""

from __future__ import annotations

from alembic import op

from projections.erased import ERASED_1

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    op.execute(ERASED_1)
