"""A decision that cannot be applied stops its own permit, visibly and in order, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from events.database import connect, is_outage
from events.envelope import Record
from events.log import Batch
from events.log.kafka.record import Headers, decode, headers_of, key_of, value_of
from projections import parking, projector
from projections.parking import REFUSED, UNREADABLE
from projections.projector import Projector
from services.supervision.intake import IntakeUnit
from tests.deliveries import Result, a_busy_month, deliver, once_in_order, result
from tests.linkage import Linkage
from tests.poisons import POISONS, faults, logging_and_going_on, parked, repair, spoilt


def listed(result: Result, *, without: set[UUID]) -> list[Any]:
    return [row for row in result.lists if row[1] not in without]


def test_each_poison_parks_its_permit_with_a_reason_and_after_the_repair_all_is_as_if_it_had_never_been(
    linkage: Linkage,
) -> None:
    records, never_broken = once_in_order(linkage, Random(0))
    broken, where = spoilt(records)
    with faults(linkage, where):
        deliver(linkage, broken, Random(1))
        found = parked(linkage)
        assert {name: found[stream].reason for stream, name in where.items()} == {
            name: reason for name, (_, reason) in POISONS.items()
        }
        assert len(found) == len(POISONS), "another permit is parked too"
        assert {stream.waiting for stream in found.values()} == {3}, "what follows is not held"
        stood = dict(linkage.rows("SELECT permit, permit_version FROM watch_list WHERE permit = ANY(%s)", list(found)))
        assert stood == dict.fromkeys(found, 1)
        assert listed(result(linkage), without=set(found)) == listed(never_broken, without=set(found))
    repair(linkage, records)
    linkage.tend()
    assert parked(linkage) == {}
    assert result(linkage) == never_broken


@pytest.mark.parametrize("forgetful", [False, True])
def test_a_retry_in_vain_makes_nothing_that_is_parked_younger(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch, forgetful: bool
) -> None:
    """Seen to fail when the retry parks it as if for the first time: the oldest trouble looked a minute old."""
    records, _ = once_in_order(linkage, Random(0))
    broken, where = spoilt(records)
    if forgetful:
        monkeypatch.setattr(parking, "still_since", lambda *_: None)
    with faults(linkage, where):
        deliver(linkage, broken, Random(1))
        before = {stream: one.parked_at for stream, one in parked(linkage).items()}
        with connect(linkage.supervision_url, application="test") as connection:
            assert parking.request_retry(connection, "intake", stream=None, reason=None) == len(POISONS)
        linkage.tend()
        after = {stream: one.parked_at for stream, one in parked(linkage).items()}
    assert after.keys() == before.keys()
    assert (after == before) is not forgetful


def test_a_worker_that_logs_and_goes_on_never_comes_to_what_it_should_be(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    records, never_broken = once_in_order(linkage, Random(0))
    logging_and_going_on(monkeypatch)
    broken, _ = spoilt(records)
    deliver(linkage, broken, Random(1))
    deliver(linkage, records, Random(1))
    assert len(result(linkage).pushes) < len(never_broken.pushes)


def test_without_halving_one_row_that_the_database_refuses_holds_up_everybody(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    records, where = spoilt(a_busy_month(linkage))
    intake = linkage.intake()
    monkeypatch.setattr(Projector, "_settle", Projector._apply)
    with faults(linkage, where), pytest.raises(psycopg.errors.CheckViolation):
        intake.receive(Batch([r for r in records if where.get(r.stream) != "makes the writing raise"], {}))
    assert result(linkage).lists == []


def test_what_was_innocent_behind_a_gap_is_applied_when_its_follower_turns_out_to_be_poison(linkage: Linkage) -> None:
    records, where = spoilt(a_busy_month(linkage))
    (poisoned,) = (permit for permit, name in where.items() if name == "is refused by the database")
    first, second, *_ = (record for record in records if record.stream == poisoned)
    with faults(linkage, where):
        deliver(linkage, [second], Random(0))
        deliver(linkage, [first], Random(0))
        assert parked(linkage)[poisoned].reason == REFUSED
        assert linkage.rows("SELECT DISTINCT permit_version FROM watch_list") == [(1,)]


Damage = Callable[[bytes, Headers], tuple[bytes, Headers]]


def header(name: str, text: bytes) -> Damage:
    return lambda value, headers: (value, [(n, text if n == name else t) for n, t in headers])


DAMAGES: Mapping[str, Damage] = {
    "an empty value": lambda _, headers: (b"", headers),
    "a value cut off": lambda value, headers: (value[:-5], headers),
    "nothing but brackets": lambda _, headers: (b"[" * 500_000, headers),
    "half a character": lambda _, headers: (b'{"data":{"x":"\\ud800"}}', headers),
    "no headers": lambda value, _: (value, []),
    "a type with a NUL": header("ce_type", b"permit\0granted"),
    "a version that no column holds": header("ce_streamversion", b"99999999999"),
    "a version before the first": header("ce_streamversion", b"0"),
    "a position that no column holds": header("ce_ledgerposition", b"9" * 30),
    "a time without a zone": header("ce_time", b"2026-11-20T00:00:00"),
    "another source": header("ce_source", b"/elsewhere"),
}


def through_kafka(record: Record, damage: Damage) -> Record:
    value, headers = damage(value_of(record), headers_of(record))
    return decode("approval", "topic", record.partition, record.cursor - 1, 0, key_of(record), value, headers)


def test_what_a_log_delivers_damaged_parks_and_a_good_copy_heals_it(linkage: Linkage) -> None:
    records, undamaged = once_in_order(linkage, Random(0))
    permits = list(dict.fromkeys(record.stream for record in records))
    damages = {(stream, 2): damage for stream, damage in zip(permits, DAMAGES.values(), strict=False)}
    intact: Damage = lambda value, headers: (value, headers)  # noqa: E731
    delivered = [through_kafka(record, damages.get((record.stream, record.version), intact)) for record in records]
    deliver(linkage, delivered, Random(1))
    found = parked(linkage)
    assert {stream.reason for stream in found.values()} == {UNREADABLE}
    assert len(found) == len(DAMAGES)
    assert listed(result(linkage), without=set(found)) == listed(undamaged, without=set(found))
    deliver(linkage, [record for record in records if (record.stream, record.version) in damages], Random(2))
    assert parked(linkage) == {}
    assert result(linkage) == undamaged


def test_a_database_that_dies_within_a_batch_is_no_poison(linkage: Linkage, monkeypatch: pytest.MonkeyPatch) -> None:
    records = a_busy_month(linkage)
    write = IntakeUnit.write

    def die(unit: IntakeUnit, connection: psycopg.Connection) -> None:
        with connect(linkage.supervision_url, application="test") as other:
            other.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
        write(unit, connection)

    monkeypatch.setattr(IntakeUnit, "write", die)
    with pytest.raises((psycopg.Error, DBAPIError)) as raised:
        linkage.apply()
    assert is_outage(raised.value)
    monkeypatch.undo()
    assert parked(linkage) == {}
    assert linkage.rows("SELECT count(*) FROM checkpoints WHERE advanced_at IS NOT NULL") == [(0,)]
    assert linkage.apply().counts["applied"] == len(records)


@pytest.mark.parametrize("careless", [False, True])
def test_a_table_that_is_missing_parks_nobody(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch, careless: bool
) -> None:
    """Seen to fail when whatever the database says is taken for the event's fault: then everything is parked."""
    records = a_busy_month(linkage)
    if careless:
        monkeypatch.setattr(projector, "refuses_data", lambda _: True)
    with connect(linkage.supervision_url, application="test") as connection:
        connection.execute("ALTER TABLE watch_list RENAME TO mislaid")
        if careless:
            linkage.apply()
            assert len(parked(linkage)) == len({record.stream for record in records})
            return
        with pytest.raises(psycopg.errors.UndefinedTable):
            linkage.apply()
        connection.execute("ALTER TABLE mislaid RENAME TO watch_list")
    assert parked(linkage) == {}
    assert linkage.apply().counts["applied"] == len(records)
