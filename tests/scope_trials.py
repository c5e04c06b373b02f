"""Drawn rows and drawn scopes: what the database shows is held against what a few lines of Python say may be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb
from sqlalchemy import Engine, text

from services.access.callers import Scope, scope_now

Seen = Mapping[str, set[tuple[Any, ...]]]


class Model(Protocol):
    def written(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Return the rows of each table, as far as they differ from the one that it is made like."""

    def seen_by(self, scope: Scope) -> Seen:
        """Return the keys of the rows of each table that ``scope`` may see."""


@dataclass(frozen=True, slots=True)
class Trial:
    """``keys``: of each table. ``owner`` has a temporary table ``like_…`` of each, with one row that others are made
    like; ``web`` asks as the web processes do."""

    keys: Mapping[str, str]
    owner: psycopg.Connection
    web: Engine

    def write(self, model: Model) -> None:
        for table, changed in model.written().items():
            self.owner.execute(f"DELETE FROM {table}".encode())
            self.owner.execute(
                f"INSERT INTO {table} SELECT (jsonb_populate_record(l, c)).*"
                f" FROM like_{table} l, jsonb_array_elements(%s) c".encode(),
                (Jsonb(changed),),
            )

    def shown(self, scope: Scope) -> Seen:
        before = scope_now.set(scope)
        try:
            with self.web.connect() as connection:
                return {
                    table: {tuple(row) for row in connection.execute(text(f"SELECT {key} FROM {table}"))}
                    for table, key in self.keys.items()
                }
        finally:
            scope_now.reset(before)

    def attack(self, models: st.SearchStrategy[Any], bodies: Sequence[str], examples: int = 40) -> None:
        body = st.frozensets(st.sampled_from(bodies), max_size=3)
        scopes = st.lists(st.builds(Scope, body, st.sampled_from((False, False, False, True))), min_size=1, max_size=4)

        @settings(
            max_examples=examples, deadline=None, database=None, phases=[Phase.generate], derandomize=True,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(models, scopes)
        def as_the_model_says(model: Model, asking: list[Scope]) -> None:
            self.write(model)
            for scope in asking:
                assert self.shown(scope) == model.seen_by(scope), scope

        as_the_model_says()
