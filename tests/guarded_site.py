"""Both web services behind a door that knows machine keys, over a test's linkage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Engine

from events.database import raw
from services.access import key_store
from services.access.actions import Action
from services.access.entrance import Entrance
from services.access.key_door import by_key
from services.access.machine_keys import MachineKey, new_key
from services.approval.http import Office, application, key_token
from tests.linkage import MASTER, Linkage
from tests.supervision_web import web

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)


@dataclass
class GuardedSite:
    """``now``: the clock of both doors; ``name``: of the system that holds the keys made here."""

    linkage: Linkage
    now: datetime = NOON
    name: str = "permits"

    @cached_property
    def approval(self) -> TestClient:
        office = Office(self.linkage.approval_web, self.linkage.web_desk, key_token(MASTER))
        return TestClient(application(office, self._door(office.engine)))

    @cached_property
    def supervision(self) -> TestClient:
        app = web(self.linkage)
        app.state.entrance = self._door(app.state.office.engine)
        return TestClient(app)

    def engine(self, side: str) -> Engine:
        return self.linkage.approval if side == "approval" else self.linkage.supervision

    def _door(self, engine: Engine) -> Entrance:
        """The door asks as its service does: on the supervision side under the role of the web."""
        return Entrance((by_key(engine, lambda: self.now),))

    def made(self, side: str, body: str, actions: Iterable[Action], days: int = 365) -> tuple[MachineKey, str]:
        key, text = new_key(self.name, body, actions, "S-1", self.now, timedelta(days=days))
        with self.engine(side).begin() as transaction:
            key_store.add(raw(transaction), key)
        return key, text

    def key(self, side: str, body: str, *actions: Action, **more: Any) -> str:
        return self.made(side, body, actions, **more)[1]


def shown(key: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} | more
