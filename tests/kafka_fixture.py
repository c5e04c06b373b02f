"""One real Kafka for the whole session, on a port of its own; one more for each test that breaks it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services import broker
from services.broker import Broker


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Shared: tests take topics of their own (another source each), and leave it running."""
    yield from _broker(tmp_path_factory.mktemp("kafka"))


@pytest.fixture
def kafka_of_its_own(tmp_path: Path) -> Iterator[Broker]:
    """For tests that kill, freeze or wipe it. After a kill, `broker.start(folder, port)` brings it back."""
    yield from _broker(tmp_path / "kafka")


def _broker(folder: Path) -> Iterator[Broker]:
    yield broker.start(folder, broker.free_port())
    broker.stop(folder)
