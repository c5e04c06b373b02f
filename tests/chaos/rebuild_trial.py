"""The watch lists made anew from the ledger while decisions come: the same to the byte, and nobody behind."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import psycopg

from bench import backlog, city
from events.database import connect
from projections.list_comparison import compare_lists
from services import rebuilding
from services.rebuild_state import State, newest
from services.rebuilding import Rebuilding
from tests.chaos.trial import Trial
from tests.invented import decision, duty
from tests.linkage import Linkage

WITHIN_SECONDS = 1_800.0
PAUSE_SECONDS = 0.05
BEHIND_SECONDS = 5.0
NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
DUMP = "SELECT md5(string_agg(w::text, chr(10) ORDER BY department, permit)), count(*) FROM watch_list w"


def rebuild_while_live(trial: Trial) -> None:
    """The lists are made anew while decisions come, change names, and change names back."""
    with trial.ground.fresh() as pair, trial.opened(pair) as linkage:
        backlog.assign_duties(pair)
        linkage.duties(duty())
        backlog.fill(pair, list(city.decisions(trial.profile.decisions)))
        linkage.catch_up()
        while linkage.number_pushes():
            pass
        with connect(pair.supervision_url, application="chaos") as office:
            _rebuild_live(trial, linkage, office)
            made, rows = _dump(office)
            _act(office, "back")
            stood, _ = _dump(office)
            trial.expect(compare_lists(office, "supervision").clean, "list", "lists are not what their pushes say")
        trial.expect(made == stood, "list", "the list made anew is not the one that stood")
        trial.attacks["rows made anew"] = rows
        late = sorted(trial.level)[int(len(trial.level) * 0.99)]
        trial.expect(late <= BEHIND_SECONDS, "late", f"decisions stood in the lists after {late:.1f} s")
        with connect(pair.supervision_url, application="chaos") as office:
            office.execute("UPDATE watch_list SET status = 'void' WHERE ctid = (SELECT min(ctid) FROM watch_list)")
            trial.controlled(int(_dump(office)[0] != stood), "altered row told apart")


def _rebuild_live(trial: Trial, linkage: Linkage, office: psycopg.Connection) -> None:
    stop = threading.Event()
    live = threading.Thread(target=_publish, args=(trial, linkage, stop))
    live.start()
    try:
        began = time.monotonic()
        _act(office, "begin")
        _work(office)
        trial.notes.append(f"made anew in {time.monotonic() - began:.0f} s")
        _act(office, "switch")
    finally:
        stop.set()
        live.join()
    while linkage.number_pushes():
        pass
    linkage.catch_up()
    _work(office)


def _publish(trial: Trial, linkage: Linkage, stop: threading.Event) -> None:
    """Hand decisions in until ``stop``, each until it stands in the lists."""
    number = 0
    while not stop.wait(PAUSE_SECONDS):
        began = time.monotonic()
        linkage.publish(decision(permit_number=f"L{number}"))
        linkage.number_pushes()
        trial.level.append(time.monotonic() - began)
        number += 1
    trial.events = trial.profile.decisions + number
    trial.attacks["decisions meanwhile"] = number


def _work(office: psycopg.Connection) -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    while True:
        Rebuilding().end(office, NOW)
        one = newest(office)
        assert one is not None
        if one.comparison is not None and one.state in (State.READY, State.SWITCHED):
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"the lists are not made anew within {WITHIN_SECONDS:.0f} s")


def _act(office: psycopg.Connection, step: str) -> None:
    with office.transaction():
        if step == "begin":
            rebuilding.begin(office, "9001")
        else:
            rebuilding.switch(office, "9001", back=step == "back")


def _dump(office: psycopg.Connection) -> tuple[str, int]:
    row = office.execute(DUMP).fetchone()
    assert row is not None
    return str(row[0]), int(row[1])
