"""Each entry of the audit trail comes to the collector of logs, in the chain's order, also when that breaks off."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import psycopg
import pytest

from events.database import connect
from services.access.audit import Act, Entry, Result, keep
from services.access.audit_chain import head, link_once
from services.access.audit_copy import Copier, copied, waiting_since
from services.access.syslog_line import Collector
from tests.certificates import Authority
from tests.linkage import Linkage
from tests.log_collector import LogCollector, within

REASON = "来电核对户名"


@pytest.fixture
def connection(linkage: Linkage) -> Iterator[psycopg.Connection]:
    with connect(linkage.supervision_url, application="test") as opened:
        yield opened


def written(linkage: Linkage, connection: psycopg.Connection, many: int) -> None:
    for number in range(many):
        keep(linkage.supervision, Entry(Act.REVEALED, f"k-{number}", fields=["name"], reason=REASON))
    link_once(connection)


@contextmanager
def copying(
    linkage: Linkage, to: Collector | None, hold: float = 0.3, clock: Callable[[], float] = time.monotonic
) -> Iterator[None]:
    stop = threading.Event()
    copier = Copier(linkage.supervision_url, "supervision", to, hold=hold, pause=0.01, again=0.02, clock=clock)
    thread = threading.Thread(target=copier.run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(5)
        assert not thread.is_alive()


def at(collector: LogCollector) -> Collector:
    return Collector.of(f"tcp://127.0.0.1:{collector.port}")


def test_every_entry_comes_in_order_and_says_what_was_done_and_nothing_personal(
    linkage: Linkage, connection: psycopg.Connection
) -> None:
    keep(linkage.supervision, Entry(Act.REFUSED, "2042", "officer", place="GET /x", result=Result.REFUSED))
    written(linkage, connection, 20)
    with LogCollector() as collector, copying(linkage, at(collector)):
        assert within(lambda: collector.positions == [list(range(1, 22))])
        written(linkage, connection, 2)
        assert within(lambda: collector.positions == [list(range(1, 24))])
        assert within(lambda: waiting_since(connection) is None)
    first, second = (one.decode() for one in collector.taken[0][:2])
    assert re.match(r"<109>1 \d{4}-\d\d-\d\dT[\d:.]+Z \S+ linkage-supervision - refused \[linkage@32473 ", first)
    assert second.startswith("<110>1 ")
    assert json.loads(second.split("\ufeff")[1])["fields"] == ["name"]
    assert REASON not in second
    hashes = connection.execute("SELECT encode(hash, 'hex') FROM audit_chain ORDER BY position LIMIT 2").fetchall()
    assert [re.search('hash="(.{64})"', one)[1] for one in (first, second)] == [row[0] for row in hashes]  # type: ignore[index]


def broken_in_the_middle(linkage: Linkage, connection: psycopg.Connection, hold: float) -> tuple[set[int], list[bool]]:
    """Return what came although the collector died with most of it unread; and whether each connection was in order."""
    written(linkage, connection, 60)
    clock = [0.0]

    def none_waits_a_minute_later() -> bool:
        clock[0] += 60.0  # at each look: what was just sent when it was first set would wait for ever
        return waiting_since(connection) is None

    with LogCollector() as collector:
        collector.may_read.clear()
        collector.breaks_after = 10
        with copying(linkage, at(collector), hold, lambda: clock[0]):
            assert within(lambda: bool(collector.taken))
            if not hold:
                assert within(lambda: waiting_since(connection) is None)
            collector.may_read.set()
            written(linkage, connection, 5)
            assert within(lambda: 65 in chain(*collector.positions))
            assert within(none_waits_a_minute_later)
        came = collector.positions
    return set(chain(*came)), [one == sorted(one) for one in came]


def test_after_a_break_what_did_not_arrive_for_certain_is_sent_again(
    linkage: Linkage, connection: psycopg.Connection
) -> None:
    came, in_order = broken_in_the_middle(linkage, connection, 10.0)
    assert came == set(range(1, 66))
    assert (len(in_order) >= 2, all(in_order)) == (True, True)
    assert copied(connection, "elsewhere") == 0  # another collector gets all of it


def test_a_copier_that_counts_as_copied_what_it_has_sent_loses_entries(
    linkage: Linkage, connection: psycopg.Connection
) -> None:
    """Negative control."""
    came, _ = broken_in_the_middle(linkage, connection, 0.0)
    assert len(came) < 65


def test_while_no_collector_answers_entries_are_written_linked_and_wait(
    linkage: Linkage, connection: psycopg.Connection
) -> None:
    with LogCollector() as collector:
        nobody = Collector.of(f"tcp://127.0.0.1:{collector.port}")
    with copying(linkage, nobody):
        assert within(lambda: connection.execute("SELECT FROM heartbeats WHERE part = 'audit-copy'").rowcount == 1)
        written(linkage, connection, 3)
        assert head(connection).position == 3
        assert waiting_since(connection) is not None
    with copying(linkage, None):  # the setting is taken away: nobody waits for a copy any more
        assert within(lambda: waiting_since(connection) is None)


def test_by_tls_a_collector_of_another_authority_gets_nothing(
    linkage: Linkage, connection: psycopg.Connection, tmp_path: Path
) -> None:
    ours, another = Authority(), Authority()
    key, certificate = ours.sign()
    (tmp_path / "key.pem").write_bytes(key)
    (tmp_path / "certificate.pem").write_bytes(certificate)
    written(linkage, connection, 3)
    with LogCollector((tmp_path / "certificate.pem", tmp_path / "key.pem")) as collector:
        address = f"tls://localhost:{collector.port}"
        with copying(linkage, Collector.of(address, another.write(tmp_path / "another.pem"))):
            assert not within(lambda: bool(collector.taken), 0.3)
        with copying(linkage, Collector.of(address, ours.write(tmp_path / "ours.pem"))):
            assert within(lambda: collector.positions == [[1, 2, 3]])
