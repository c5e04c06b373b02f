"""How far lists are is told as they move, not at the next round: a file waits for that, and who comes after it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from events import announcing
from events.announcing import EVERY_SECONDS, MOVING_SECONDS, QUIET_SECONDS, Announcer
from events.log.embedded import EmbeddedLog
from tests.invented import decision, duty
from tests.linkage import Linkage


class Pauses(threading.Event):
    """The announcer's pauses: none lasts, and in each the next thing happens. After the last it stops."""

    def __init__(self, happens: Iterator[None]) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._happens = happens

    def wait(self, timeout: float | None = None) -> bool:
        try:
            next(self._happens)
        except StopIteration:
            self.set()
        else:
            self.seconds.append(timeout or 0.0)
        return self.is_set()


def announce(linkage: Linkage, happens: Iterator[None]) -> list[float]:
    """Let supervision announce while something ``happens``, and return how long it paused each time."""
    pauses = Pauses(happens)
    Announcer(
        linkage.supervision_url,
        "supervision",
        lambda: EmbeddedLog(linkage.supervision_url, "supervision"),
        lambda: EmbeddedLog(linkage.approval_url, "approval"),
    ).run(pauses)
    return pauses.seconds


@pytest.mark.parametrize(("quiet", "pause"), [(QUIET_SECONDS, MOVING_SECONDS), (0.0, EVERY_SECONDS)])
def test_each_batch_of_the_lists_is_told_within_a_twentieth_of_a_second(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch, quiet: float, pause: float
) -> None:
    """The control: where all lists are taken for quiet it takes five times as long."""
    monkeypatch.setattr(announcing, "QUIET_SECONDS", quiet)
    linkage.duties(duty())
    said: list[int] = []
    with closing(EmbeddedLog(linkage.supervision_url, "supervision")) as log:

        def batches() -> Iterator[None]:
            for number in range(6):
                announcement = log.announcement()
                assert announcement is not None
                said.append(announcement.reached["approval"])
                linkage.publish(decision(permit_number=f"A{number}"))
                linkage.apply()
                yield

        pauses = announce(linkage, batches())
    assert said == [0, 1, 2, 3, 4, 5]
    assert pauses == [pause] * 6


def test_lists_that_do_not_move_are_asked_for_four_times_a_second(linkage: Linkage) -> None:
    pauses = announce(linkage, iter([None] * 50))
    assert pauses[0] == MOVING_SECONDS
    assert pauses[-1] == EVERY_SECONDS
    assert sum(seconds for seconds in pauses if seconds == MOVING_SECONDS) == pytest.approx(QUIET_SECONDS)
