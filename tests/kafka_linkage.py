"""A test's linkage whose two sides hear one another through Kafka: two relays at work, and topics of its own."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from events import ledger
from events.log.kafka import KafkaLog, KafkaPublisher
from events.relay import Relay
from events.uncarried import RELAY
from services.broker import Broker
from tests.linkage import Linkage

_numbers = itertools.count(1)


@contextmanager
def through_kafka(linkage: Linkage, broker: Broker) -> Iterator[Linkage]:
    """Let ``linkage`` use ``broker`` until the end. What a side numbers is in its topic when numbering returns."""
    number, stop = next(_numbers), threading.Event()
    there, back = f"approval-heard-{number}", f"supervision-heard-{number}"
    linkage.log, linkage.back = KafkaLog(broker.bootstrap, there), KafkaLog(broker.bootstrap, back)
    linkage.carried = _wait_until_carried
    relays = [
        threading.Thread(target=_relay(url, source, other, broker).run, args=(stop,), daemon=True)
        for url, source, other in ((linkage.approval_url, there, back), (linkage.supervision_url, back, there))
    ]
    for relay in relays:
        relay.start()
    try:
        yield linkage
    finally:
        stop.set()
        for relay in relays:
            relay.join(20)
        linkage.back.close()
        linkage.log.close()


def _relay(url: str, source: str, other: str, broker: Broker) -> Relay:
    return Relay(
        url, source, lambda: KafkaPublisher(broker.bootstrap, source), lambda: KafkaLog(broker.bootstrap, other)
    )


def _wait_until_carried(connection: psycopg.Connection) -> None:
    head, deadline = ledger.head(connection).position, time.monotonic() + 30
    question = "SELECT coalesce(max(ledger_position), 0) FROM checkpoints WHERE reader = %s"
    while True:
        row = connection.execute(question, (RELAY,)).fetchone()
        if row and row[0] >= head:
            return
        assert time.monotonic() < deadline, "the relay does not carry what was numbered"
        time.sleep(0.002)
