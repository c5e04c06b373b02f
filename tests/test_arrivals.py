"""What Faust delivers is taken message by message, each the next of its partition, or it is read again."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from events.log.kafka.arrivals import Arrivals


class Message(NamedTuple):
    partition: int
    offset: int
    topic: str = "arrivals"
    timestamp: float = 1_800_000_000.0
    key: bytes | None = None
    value: bytes | None = None
    headers: Any = None


class Trusting(Arrivals):
    """Broken on purpose: whatever comes is taken for the next one."""

    def put(self, message: Message) -> None:
        self.next[message.partition] = message.offset
        super().put(message)


def begun(kind: type[Arrivals] = Arrivals, room: int = 100) -> Arrivals:
    arrivals = kind("approval", room)
    arrivals.begin({0: 5, 1: 9})
    return arrivals


def came(arrivals: Arrivals, *places: tuple[int, int]) -> list[tuple[int, int]]:
    """Let messages come one by one, and return what is taken of them: partition, and cursor after it."""
    taken = []
    for place in places:
        arrivals.put(Message(*place))
        batch, _ = arrivals.take(10)
        taken += [(record.partition, record.cursor) for record in batch.records]
    return taken


def test_each_partition_goes_on_where_its_checkpoint_is_and_tells_where_it_resumes() -> None:
    arrivals = begun()
    for place in ((0, 5), (1, 9), (0, 6), (2, 0)):
        arrivals.put(Message(*place))
    batch, why = arrivals.take(10)
    assert [(record.partition, record.cursor) for record in batch.records] == [(0, 6), (1, 10), (0, 7)]
    assert (batch.cursors, why, bool(arrivals)) == ({0: 7, 1: 10}, "", False)


@pytest.mark.parametrize(("kind", "doubled"), [(Arrivals, False), (Trusting, True)])
def test_what_was_applied_already_is_not_taken_again(kind: type[Arrivals], doubled: bool) -> None:
    assert (len(came(begun(kind), (0, 5), (0, 5), (0, 4))) > 1) == doubled


@pytest.mark.parametrize(("kind", "unseen"), [(Arrivals, False), (Trusting, True)])
def test_after_a_message_that_was_left_out_nothing_is_taken_and_it_is_said(kind: type[Arrivals], unseen: bool) -> None:
    arrivals = begun(kind)
    assert came(arrivals, (0, 5)) == [(0, 6)]
    arrivals.put(Message(0, 7))
    batch, why = arrivals.take(10)
    assert (why != "a message was left out") == unseen
    assert (batch.records != []) == unseen


def test_what_comes_beyond_the_room_is_said_until_it_is_cleared_and_the_batch_has_its_limit() -> None:
    arrivals = begun(room=3)
    for offset in range(5, 9):
        arrivals.put(Message(0, offset))
    batch, why = arrivals.take(2)
    assert (len(batch.records), batch.cursors, why) == (2, {0: 7}, "more came than could be applied")
    arrivals.clear()
    assert not arrivals
    assert arrivals.take(2)[1] == ""
