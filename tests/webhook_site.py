"""A site where the market bureau's system is registered for webhooks."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from events.database import connect
from services.webhooks import endpoints, sealing_key
from services.webhooks.saying import KINDS
from services.webhooks.sending import Manner, Sender
from services.webhooks.signing import Scheme
from services.webhooks.targets import Allowed
from tests.invented import MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.webhook_sinks import Hook, hook

HERE = Allowed.of("http://127.0.0.0/8")
PATIENCE = 10.0
"""Of a busy machine; what is to time out says so for itself."""


class WebhookSite:
    """The market bureau's system is registered. A test says what time it is."""

    def __init__(self, linkage: Linkage, sink: Hook, folder: Path) -> None:
        self.linkage, self.sink, self.folder = linkage, sink, folder
        self.connection = connect(linkage.supervision_url, application="test")
        self.now = datetime(2026, 11, 24, 4, tzinfo=UTC)
        self.manner = Manner(
            "https://linkage.invented.example", folder / "webhook.key", HERE, ssl.create_default_context(), PATIENCE,
            lambda _host, _port: ["127.0.0.1"],
        )  # fmt: skip
        self.senders: list[Sender] = []
        linkage.duties(duty())
        self.endpoint, self.secret = self.register()

    def register(self, body: str = MARKET_BUREAU, scheme: Scheme = "v1") -> tuple[UUID, str]:
        key = sealing_key.read_or_make(self.manner.key_file)
        return endpoints.register(
            self.connection, key, body, self.sink.url, KINDS["supervision"], scheme, "0101", self.now
        )

    def sender(self, kind: type[Sender] = Sender, **manner: Any) -> Sender:
        made = kind("", "supervision", replace(self.manner, **manner), lambda _: self.now)
        self.senders.append(made)
        return made

    def turn(self, **manner: Any) -> int:
        return self.sender(**manner).turn(self.connection, threading.Event())

    def push(self, number: str = "批-0") -> str:
        (granted,) = self.linkage.publish(decision(permit_number=number))
        self.linkage.number_pushes()
        return str(granted.permit)

    def state(self) -> endpoints.Endpoint:
        (one,) = endpoints.listed(self.connection, MARKET_BUREAU)
        return one

    def messages(self) -> list[tuple[str, int, str | None]]:
        return list(
            self.connection.execute("SELECT state, attempts, reason FROM webhook_messages ORDER BY created_at, message")
        )


@pytest.fixture
def webhook_site(linkage: Linkage, tmp_path: Path) -> Iterator[WebhookSite]:
    with hook() as sink:
        made = WebhookSite(linkage, sink, tmp_path)
        yield made
        for one in made.senders:
            one.close()
        made.connection.close()
