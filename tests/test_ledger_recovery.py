"""The approval database is lost, an older copy takes its place: what was decided since comes back out of Kafka."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import structlog
from sqlalchemy.engine import make_url

from events.announcing import Announcer
from events.database import connect, open_engine
from events.envelope import Record, canonical, partition_of
from events.log import Announcement
from events.log.embedded import EmbeddedLog
from events.log.kafka import KafkaLog, KafkaPublisher
from events.log.opening import erase_log
from events.recovering import mark_restored
from events.relay import Relay
from events.sequencer import Sequencer, number_once
from services import backup_commands
from services.approval.decision import Decision, Kind
from services.broker import Broker
from services.command_line import program
from services.trouble import Trouble
from tests.chaos.history import History
from tests.chaos.judge import judge
from tests.conftest import DatabaseServer
from tests.invented import decision, duty, party
from tests.kafka_linkage import _wait_until_carried as wait_until_carried
from tests.linkage import MASTER, Linkage

pytestmark = pytest.mark.kafka


@dataclass
class Drill:
    """A linkage through a topic of its own; what the bureaus were told; copies of the approval database."""

    linkage: Linkage
    server: DatabaseServer
    broker: Broker
    history: History

    def decide(
        self, name: str, kind: Kind = Kind.GRANT, number: int = 1, *, numbered: bool = True, **how: object
    ) -> None:
        mark = f"{name}.{number}"
        self.history.hand_in([mark])
        (outcome,) = self.linkage.submit(stated(name, mark, kind, **how))
        self.history.note(mark, outcome.answer())
        if numbered:
            self.carry()

    def carry(self) -> None:
        """Number, carry to Kafka, and let supervision apply it."""
        stop = threading.Event()
        relay = Relay(
            self.linkage.approval_url,
            "approval",
            lambda: KafkaPublisher(self.broker.bootstrap, "approval"),
            lambda: KafkaLog(self.broker.bootstrap, "supervision"),
        )
        carrying = threading.Thread(target=relay.run, args=(stop,))
        carrying.start()
        with connect(self.linkage.approval_url, application="test") as connection:
            number_once(connection)
            wait_until_carried(connection)
        stop.set()
        carrying.join(20)
        self.linkage.catch_up()

    def copy(self) -> str:
        """Back the approval database up, as a copy of its files."""
        self.linkage.approval.dispose()
        name = f"copy_{uuid4().hex[:12]}"
        original = make_url(self.linkage.approval_url).database
        assert original is not None
        url = self.server.create(name, original)
        return url

    def restored(self, url: str) -> Linkage:
        return replace(self.linkage, approval=open_engine(url, application="test"), approval_url=url)

    def judged(self, linkage: Linkage) -> set[str]:
        with (
            connect(linkage.approval_url, application="judge") as approval,
            connect(linkage.supervision_url, application="judge") as supervision,
        ):
            return {found.kind for found in judge(self.history, approval, supervision)}


def stated(name: str, mark: str, kind: Kind = Kind.GRANT, **how: object) -> Decision:
    return decision(kind, permit_number=name, reason=mark, **how)


@pytest.fixture
def drill(linkage: Linkage, database_server: DatabaseServer, kafka_broker: Broker, tmp_path: Path) -> Iterator[Drill]:
    # Ids of events come from the source's name: topics of another name would not do.
    erase_log(kafka_broker.url, ["approval", "supervision"])
    linkage.log.close()
    linkage.log = KafkaLog(kafka_broker.bootstrap, "approval")
    linkage.duties(duty())
    with closing(linkage.log), closing(History(tmp_path / "history.jsonl")) as history:
        yield Drill(linkage, database_server, kafka_broker, history)
    erase_log(kafka_broker.url, ["approval", "supervision"])


def rows(linkage: Linkage) -> list[object]:
    return linkage.rows(
        "SELECT position, stream, version, recorded_at, digest, hash FROM ledger ORDER BY position", side="approval"
    )


@pytest.fixture
def recover(
    drill: Drill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[Linkage], tuple[int, dict[str, Any]]]:
    """`linkage backup recover`: how it leaves, and what it says of approval."""
    (tmp_path / "master.key").write_text(MASTER.hex())

    def run(linkage: Linkage) -> tuple[int, dict[str, Any]]:
        # The journal would go to this test's standard error, and to nothing once it is over.
        monkeypatch.setattr(backup_commands, "open_journal", lambda *_, **__: None)
        monkeypatch.setenv("LOG_URL", drill.broker.url)
        monkeypatch.setenv("APPROVAL_DATABASE_URL", linkage.approval_url)
        monkeypatch.setenv("LINKAGE_MASTER_KEY_FILE", str(tmp_path / "master.key"))
        words = ["backup", "recover", "--side", "approval", "--json"]
        capsys.readouterr()
        code = program(words)(words, standalone_mode=False)
        said: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])["approval"]
        return code or 0, said

    return run


def sequencer_once(linkage: Linkage, holds: Callable[[list[str]], bool], known: int = 0) -> list[str]:
    """Let a sequencer work until what it says ``holds``."""
    stop = threading.Event()
    with structlog.testing.capture_logs() as said:
        leading = threading.Thread(
            target=Sequencer(linkage.approval_url, "approval", known_head=lambda: known).run, args=(stop,)
        )
        leading.start()
        for _ in range(1200):
            if holds([line["event"] for line in said]):
                break
            stop.wait(0.05)
        stop.set()
        leading.join(20)
    return [line["event"] for line in said]


def test_an_approval_database_restored_to_an_older_state_takes_back_what_kafka_has(
    drill: Drill, recover: Callable[[Linkage], tuple[int, dict[str, Any]]]
) -> None:
    linkage = drill.linkage
    drill.decide("a")
    drill.decide("b", party=party(name="李雷", identifier="990101199003070134"))
    drill.decide("c", numbered=False)  # recorded, and without a number when the backup is made
    backup, control = drill.copy(), drill.copy()
    drill.carry()
    drill.decide("a", Kind.AMEND, 2, content="准予从事其他经营")
    drill.decide("b", Kind.AMEND, 2, content="准予从事其他经营")
    drill.decide("d")
    linkage.hear()
    assert drill.judged(linkage) == set()
    before, lists = rows(linkage), linkage.rows("SELECT * FROM watch_list ORDER BY permit, department")
    linkage.approval.dispose()
    drill.server.drop(str(make_url(linkage.approval_url).database))

    # The control: an older copy simply put to work. It numbers anew what others know under other numbers.
    without = drill.restored(control)
    without.submit(stated("e", "e.1"))
    without.number()
    assert "lost" in drill.judged(without)
    assert rows(without)[3] != before[3], "two truths under one number"
    without.approval.dispose()

    restored = drill.restored(backup)
    with connect(backup, application="restore") as connection:
        mark_restored(connection)
    sequencer_once(restored, lambda said: "sequencer_waits_for_recovery" in said)
    assert len(rows(restored)) == 2, "a number was given before the ledger was whole again"

    code, said = recover(restored)
    assert (said["taken_back"], said["head"], said["found_waiting"]) == (4, 6, 1)
    assert (code, said["lost_numbers"], said["only_in_ledger"]) == (0, 0, {}), said
    assert rows(restored) == before
    drill.linkage = restored
    drill.carry()  # what the relay says twice is skipped
    restored.hear()
    assert drill.judged(restored) == set()
    assert restored.rows("SELECT * FROM watch_list ORDER BY permit, department") == lists
    # Registers beside the ledger too: a number is granted once, and an amendment finds its permit.
    again = restored.submit(stated("d", "d.2"))[0]
    assert (again.accepted, again.rule) == (False, "already_granted")
    drill.decide("d", Kind.AMEND, 2, content="准予从事其他经营")
    restored.hear()
    assert drill.judged(restored) == set()
    assert len(rows(restored)) == len(before) + 1
    assert recover(restored)[1]["taken_back"] == 0, "a second time finds nothing"
    # A topic with a hole: nothing is taken, and the number that is missing is named.
    stream, now, last = uuid4(), datetime.now(UTC), len(rows(restored))
    with KafkaPublisher(drill.broker.bootstrap, "approval") as publisher:
        beyond = Record("approval", last + 2, partition_of(stream), stream, 1, "noted", 1, now, now, canonical({}))
        publisher.publish([beyond])
    with pytest.raises(Trouble, match=f"lacks {last + 1}"):
        recover(restored)
    assert len(rows(restored)) == last
    restored.approval.dispose()
    for url in (backup, control):
        drill.server.drop(str(make_url(url).database))


def test_a_ledger_that_others_know_further_on_gives_no_number_a_second_time(linkage: Linkage) -> None:
    linkage.submit(stated("a", "a.1"))
    said = sequencer_once(linkage, lambda said: "sequencer_waits_for_recovery" in said, known=7)
    assert "sequencer_waits_for_recovery" in said
    assert rows(linkage) == []
    sequencer_once(linkage, lambda _: bool(rows(linkage)))
    assert len(rows(linkage)) == 1, "the control: one that asks nobody numbers"


class Topic:
    """A log that is not the ledger: what was read out of it, others may have written."""

    def __init__(self, log: EmbeddedLog) -> None:
        self.log = log

    def __getattr__(self, name: str) -> Any:
        return getattr(self.log, name)


def known_head(linkage: Linkage, own: Any, back: EmbeddedLog) -> int:
    announcer, stop = Announcer(linkage.approval_url, "approval", lambda: own, lambda: back), threading.Event()
    speaking = threading.Thread(target=announcer.run, args=(stop,))
    speaking.start()
    head = announcer.known_head()
    stop.set()
    speaking.join(20)
    return head


def test_a_restored_ledger_is_silent_until_it_has_come_as_far_as_it_said_before(linkage: Linkage) -> None:
    with (
        closing(EmbeddedLog(linkage.approval_url, "approval")) as own,
        closing(EmbeddedLog(linkage.supervision_url, "supervision")) as back,
    ):
        assert known_head(linkage, own, back) == 0
        own.announce(Announcement("approval", datetime.now(UTC), 0, None, 7, None))
        assert known_head(linkage, own, back) == 7
        said = own.announcement()
        assert said is not None
        assert said.ledger_head == 7


def test_what_the_other_side_read_in_the_ledger_is_believed_and_what_it_read_in_a_topic_is_not(
    linkage: Linkage,
) -> None:
    with (
        closing(EmbeddedLog(linkage.approval_url, "approval")) as own,
        closing(EmbeddedLog(linkage.supervision_url, "supervision")) as back,
    ):
        back.announce(Announcement("supervision", datetime.now(UTC), 0, None, 0, None, reached={"approval": 9}))
        assert known_head(linkage, own, back) == 9
        assert known_head(linkage, Topic(own), back) == 0, "a damaged record would stop the sequencer for ever"
