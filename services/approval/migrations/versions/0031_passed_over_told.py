"""Decisions that supervision passed over for good, so that their bureau reads it."""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE passed_over_told (
               permit uuid NOT NULL,
               version integer NOT NULL,
               reason text NOT NULL,
               replaced_by integer,
               at timestamptz NOT NULL,
               PRIMARY KEY (permit, version)
           )"""
    )
