"""What a desk answered is on the disk: a server that is killed has it when it is back."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from events.database import connect, open_engine
from services.approval.handling import Desk
from services.approval.outcome import Submission
from services.embedded_postgres import attach
from services.migrating import migrate
from tests.chaos.site import until
from tests.invented import TODAY, decision
from tests.linkage import MASTER

HANDED_IN = 10


def lost(folder: Path, **settings: str) -> int:
    """Have decisions acknowledged, kill the server, and return how many of them are not there when it is back."""
    with attach(folder, settings=settings) as server:
        migrate(server.approval_url, "approval")
        engine = open_engine(server.approval_url, application="test", pool_size=1)
        with engine.connect() as connection:
            connection.exec_driver_sql("CHECKPOINT")  # the tables themselves are there in any case
        desk = Desk(engine, MASTER, lambda: TODAY)
        answers = [desk.handle([Submission(decision(permit_number=f"N{n}"))])[0].answer() for n in range(HANDED_IN)]
        assert all(answer["accepted"] for answer in answers)
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        until(lambda: server.pid is None, 10, "the server did not die")
        engine.dispose()
        with attach(folder), connect(server.approval_url, application="test") as connection:
            rows = connection.execute("SELECT stream FROM outbox").fetchall()
    return HANDED_IN - len(rows)


@pytest.mark.parametrize(
    ("settings", "some"),
    [({}, False), ({"synchronous_commit": "off", "wal_writer_delay": "10s"}, True)],
    ids=["as delivered", "without waiting for the disk"],
)
def test_what_is_acknowledged_outlives_a_kill_and_without_waiting_for_the_disk_it_does_not(
    data_folder: Path, settings: dict[str, str], some: bool
) -> None:
    assert bool(lost(data_folder, **settings)) == some
