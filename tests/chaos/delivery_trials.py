"""How events come, and what is in them, at size: again and again, out of order, and such as nobody can apply."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from events.envelope import Record
from tests.chaos.trial import Trial
from tests.deliveries import (
    Result,
    begin_anew,
    believing_every_record,
    deliver,
    once_in_order,
    repeated,
    result,
    shuffled,
)
from tests.linkage import Linkage
from tests.poisons import POISONS, faults, logging_and_going_on, parked, repair, spoilt

COPIES, OF_A_PERMIT = 3, 4
"""One to five copies of each of a permit's four decisions."""
WINDOW = 1_000
OLD = 10_000
PARKED_SECONDS = 10.0


def repeated_deliveries(trial: Trial) -> None:
    """Each record is delivered one to five times, and a fifth of all again 10,000 later."""
    permits = trial.profile.deliveries // (COPIES * OF_A_PERMIT)
    with trial.linkage() as linkage:
        records, single = once_in_order(linkage, trial.draw, permits)
        delivered = _again(repeated(records, trial.draw, WINDOW), min(OLD, len(records)), trial)
        trial.events = len(records)
        trial.attacks["deliveries"] = len(delivered)
        counts = deliver(linkage, delivered, trial.draw)
        trial.attacks["skipped, seen before"] = counts["duplicate"]
        _compare(trial, single, result(linkage))
        begin_anew(linkage)
        pushes = _without_versions(linkage, delivered[: len(delivered) // 5], trial)
        trial.controlled(sum(times - 1 for times in _times(pushes).values()), "pushes doubled without seen versions")


def reordered_deliveries(trial: Trial) -> None:
    """Records come anywhere within a window of 1,000, also before an earlier one of their own permit."""
    permits = trial.profile.deliveries // OF_A_PERMIT
    with trial.linkage() as linkage:
        records, in_order = once_in_order(linkage, trial.draw, permits)
        delivered = shuffled(records, trial.draw, WINDOW)
        trial.events = len(records)
        trial.attacks["deliveries"] = len(delivered)
        counts = deliver(linkage, delivered, trial.draw)
        trial.attacks["waited for an earlier one"] = counts["parked"]
        trial.expect(counts["parked"] > 0, "void", "nothing was late")
        _compare(trial, in_order, result(linkage))
        trial.found("waiting", len(parked(linkage)), "a permit still waits at the end")
        begin_anew(linkage)
        pushes = _without_versions(linkage, delivered[: len(delivered) // 5], trial)
        known = {record.id: record.version for record in records}
        versions = {stream: [known[cause] for cause in causes] for stream, causes in _orders(pushes).items()}
        wrong = sum(said != sorted(said) for said in versions.values())
        trial.controlled(wrong, "permits pushed out of order without waiting")


def poisoned_deliveries(trial: Trial) -> None:
    """Events that nobody can apply, of eleven kinds, among others: each stops its own permit only."""
    permits = trial.profile.deliveries * 2 // 5 // OF_A_PERMIT
    poisons = min(trial.profile.poisons, permits // 2)
    with trial.linkage() as linkage:
        records, never_broken = once_in_order(linkage, trial.draw, permits)
        broken, where = spoilt(records, poisons)
        trial.events = len(records)
        trial.attacks[f"poisoned, of {len(set(where.values()))} kinds"] = len(where)
        with faults(linkage, where):
            began = time.monotonic()
            _deliver_timed(linkage, broken, trial)
            found = parked(linkage)
            trial.notes.append(
                f"{len(broken) / (time.monotonic() - began):,.0f} events a second with the poison in them"
            )
            for permit, name in where.items():
                right = permit in found and found[permit].reason == POISONS[name][1] and found[permit].waiting == 3
                trial.expect(right, "park", f"{name}: {found.get(permit)}")
            trial.found("park", len(found.keys() - where.keys()), "another permit is parked too")
            lists = [row for row in result(linkage).lists if row[1] not in where]
            trial.expect(lists == [r for r in never_broken.lists if r[1] not in where], "list", "others are affected")
        repair(linkage, records)
        linkage.tend()
        trial.found("waiting", len(parked(linkage)), "a permit is still parked after the repair")
        _compare(trial, never_broken, result(linkage))
        begin_anew(linkage)
        trial.controlled(_logging_and_going_on(linkage, broken, never_broken, trial), "never pushed by who goes on")


def _deliver_timed(linkage: Linkage, records: Sequence[Record], trial: Trial) -> None:
    """Deliver batch by batch; what is in a batch is parked when it returns."""
    for at in range(0, len(records), 150):
        began = time.monotonic()
        deliver(linkage, records[at : at + 150], trial.draw)
        trial.level.append(time.monotonic() - began)
    slowest = max(trial.level)
    trial.expect(slowest <= PARKED_SECONDS, "late", f"a poisoned event was seen after {slowest:.1f} s")


def _logging_and_going_on(linkage: Linkage, broken: Sequence[Record], wanted: Result, trial: Trial) -> int:
    """Return how many decisions who logs a failure and goes on never pushes."""
    some = broken[: len(broken) // 5]
    with pytest.MonkeyPatch.context() as patch:
        logging_and_going_on(patch)
        deliver(linkage, some, trial.draw)
    due = {record.id for record in some} & {push[3] for push in wanted.pushes}
    return len(due - {push[3] for push in result(linkage).pushes})


def _again(delivered: list[Record], later: int, trial: Trial) -> list[Record]:
    """Put a fifth of what is delivered in once more, so many deliveries later."""
    timed = [(float(place), record) for place, record in enumerate(delivered)]
    timed += [(place + later + 0.5, record) for place, record in timed if trial.draw.random() < 0.2]
    return [record for _, record in sorted(timed, key=lambda one: one[0])]


def _without_versions(linkage: Linkage, records: Sequence[Record], trial: Trial) -> list[Any]:
    with pytest.MonkeyPatch.context() as patch:
        believing_every_record(patch)
        deliver(linkage, records, trial.draw)
    return result(linkage).pushes


def _compare(trial: Trial, wanted: Result, made: Result) -> None:
    """Name every difference between what single delivery in order makes and what was made."""
    want, have = _times(wanted.pushes), _times(made.pushes)
    trial.found("not_pushed", (want - have).total(), "a decision was not pushed")
    trial.found("pushed_twice", (have - want).total(), "a decision was pushed more often")
    orders, made_orders = _orders(wanted.pushes), _orders(made.pushes)
    wrong = [stream for stream, said in orders.items() if made_orders.get(stream) != said]
    trial.found("push_order", len(wrong), f"pushes of {wrong[:1]} stand in another order")
    for name in ("lists", "placements", "waiting", "numbers"):
        trial.expect(getattr(wanted, name) == getattr(made, name), "list", f"{name} are not what they must be")


def _times(pushes: Iterable[Any]) -> Counter[Any]:
    return Counter((push[2], push[3]) for push in pushes)


def _orders(pushes: Iterable[Any]) -> dict[Any, list[Any]]:
    """Return what was pushed, stream by stream, in order."""
    said: defaultdict[Any, list[Any]] = defaultdict(list)
    for push in pushes:
        said[push[0]].append(push[3])
    return said
