"""A bureau with a broker publishes by a topic: each command is decided once and answered, whatever happens between."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from kafka import KafkaAdminClient, KafkaProducer

from events import bookmark, reserve
from events.bookmark import Fenced
from events.database import connect, raw
from events.log import LogUnavailable
from events.log.commands import Command, Replies, Reply
from events.log.kafka.commands import KafkaCommands
from events.log.kafka.replies import KafkaReplies
from events.log.kafka.topics import replies_topic
from events.reserve import Disk
from projections.following import beat
from projections.lag import Stage, Status, measure_unannounced
from services import broker
from services.approval import unanswered_commands, waiting_replies
from services.approval.command_desk import CommandDesk
from services.approval.command_state import CommandState
from services.approval.decision import Decision, Kind
from services.approval.handling import Desk
from services.approval.http import Office, application, key_token
from services.approval.outcome import Outcome, Submission
from services.approval.replying import Replier
from services.broker import Broker
from tests.command_site import CommandSite, command_site, register
from tests.linkage import MASTER, Linkage

pytestmark = pytest.mark.kafka


@pytest.fixture
def site(linkage: Linkage, kafka_broker: Broker) -> Iterator[CommandSite]:
    with command_site(linkage, kafka_broker.bootstrap) as made:
        yield made


def test_a_command_is_recorded_and_its_outcome_stands_on_the_bureaus_topic_under_its_id(site: CommandSite) -> None:
    site.send("c-1", site.decision())
    site.take()
    site.publish()
    (reply,) = site.heard()
    assert (reply.command, reply.answer["accepted"], reply.answer["type"]) == ("c-1", True, "permit_granted")
    assert reply.answer["wait_for"] == f"{reply.answer['permit']}@1"
    assert (reply.headers["ce_type"], reply.headers["ce_correlationid"]) == ("command_answered", "c-1")
    assert site.linkage.rows("SELECT stream::text FROM outbox WHERE type = 'permit_granted'", side="approval") == [
        (reply.answer["permit"],)
    ]


def test_a_repeat_gets_the_first_answer_by_the_topic_and_over_http_alike(site: CommandSite) -> None:
    site.send("c-1", site.decision())
    first = site.answers()["c-1"]
    site.send("c-1", site.decision())
    site.send("c-2", site.decision())
    answers = site.answers()
    assert answers["c-1"] == first | {"repeated": True}
    assert answers["c-2"]["rule"] == "already_granted"
    web = TestClient(application(Office(site.linkage.approval_web, site.linkage.web_desk, key_token(MASTER))))
    headers = {"Idempotency-Key": "c-1", "Linkage-Caller": site.bureau}
    again = web.post("/api/v1/decisions", content=site.decision().model_dump_json(), headers=headers)
    assert again.json() == first | {"repeated": True}
    site.send("c-1", site.decision(remark="另一内容"))
    assert site.answers()["c-1"]["rule"] == "same_key_other_content"
    assert site.recorded() == 1


def test_a_refusal_names_its_rule_and_says_in_chinese_what_to_do(site: CommandSite) -> None:
    site.send("c-1", site.decision(kind=Kind.RENEW))
    refused = site.answers()["c-1"]
    assert (refused["accepted"], refused["rule"], refused["field"]) == (False, "unknown_permit", "permit_number")
    assert refused["text"] == "没有找到该许可编号的核发记录。"
    assert refused["repair"]


WRONG: Mapping[str, tuple[bytes, dict[str, str], str]] = {
    "no JSON": (b"\xff{SECRET", {}, "not_json"),
    "nothing": (b"", {}, "not_json"),
    "deep": (b"[" * 100_000, {}, "not_json"),
    "no decision": (b'{"kind": "SECRET"}', {}, "invalid_request"),
    "a list": (b'["SECRET"]', {}, "invalid_request"),
    "too large": (b" " * 300_000, {}, "too_large"),
    "another type": (b"{}", {"ce_type": "permit_granted"}, "unknown_command"),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_is_no_decision_is_refused_without_repeating_it_and_stops_nobody(
    site: CommandSite, wrong: tuple[bytes, dict[str, str], str]
) -> None:
    value, headers, rule = wrong
    site.send("c-1", value, **headers)
    site.send("c-2", site.decision())
    answers = site.answers()
    assert (answers["c-1"]["accepted"], answers["c-1"]["rule"]) == (False, rule)
    assert answers["c-1"]["text"]
    assert answers["c-1"]["repair"]
    assert "SECRET" not in json.dumps(answers)
    assert answers["c-2"]["accepted"]
    assert site.recorded() == 1


def test_the_same_misstated_field_is_said_in_the_same_words_as_over_http(site: CommandSite) -> None:
    said = site.decision().model_dump(mode="json") | {"region_code": "99", "unknown": 1}
    site.send("c-1", json.dumps(said).encode())
    web = TestClient(application(Office(site.linkage.approval_web, site.linkage.web_desk, key_token(MASTER))))
    (over_http,) = web.post("/api/v1/decisions", json={"decisions": [said]}).json()["outcomes"]
    assert site.answers()["c-1"] == over_http
    assert [fault["field"] for fault in over_http["faults"]] == ["region_code", "unknown"]


def test_a_bureau_decides_for_no_other_body(site: CommandSite) -> None:
    site.send("c-1", site.decision(deciding_body="11990100MB0000001X"))
    assert (site.answers()["c-1"]["rule"], site.recorded()) == ("other_body", 0)


NAMELESS: Mapping[str, tuple[str | None, dict[str, str | None], str]] = {
    "no id": (None, {}, "no_id"),
    "id too long": ("c" * 201, {}, "no_id"),
    "id with a NUL": ("c\0", {}, "no_id"),
    "no bureau": ("c-1", {"ce_source": None}, "no_bureau"),
    "no code": ("c-1", {"ce_source": "../../11990100MB01"}, "no_bureau"),
    "not in the register": ("c-1", {"ce_source": "11990100MB9999999X"}, "unknown_bureau"),
}


def test_a_command_that_cannot_be_answered_is_kept_for_a_person_by_its_place_alone(
    site: CommandSite, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, headers, _ in NAMELESS.values():
        site.send(name, b"SECRET", **headers)
    site.send("c-9", site.decision())
    assert site.answers()["c-9"]["accepted"]
    with connect(site.linkage.approval_url, application="test") as connection:
        kept = unanswered_commands.shown(connection)
        assert sorted(one.code for one in kept) == sorted(code for *_, code in NAMELESS.values())
        assert all(one.owner == "审改办" and one.reason and one.size == 6 for one in kept)
        assert "SECRET" not in str([one.as_json() for one in kept])
        assert unanswered_commands.settle(connection, kept[0].place, "已请发送单位重报") == 1
        assert unanswered_commands.count(connection) == len(NAMELESS) - 1
    said = capsys.readouterr().out
    assert said.count("command_unanswered") == len(NAMELESS)
    assert "SECRET" not in said


def test_no_topic_is_made_for_a_bureau_that_is_not_in_the_register(site: CommandSite) -> None:
    stranger = "11990100MB8888888X"
    site.send("c-1", site.decision(deciding_body=stranger), ce_source=stranger)
    site.send("c-2", site.decision())
    site.answers()
    assert topics(site) & {replies_topic(stranger).name, replies_topic(site.bureau).name} == {
        replies_topic(site.bureau).name
    }
    register(site.linkage, stranger)
    site.send("c-1", site.decision(deciding_body=stranger), ce_source=stranger)
    site.answers()
    assert replies_topic(stranger).name in topics(site), "once registered, the bureau that sends again is answered"


def topics(site: CommandSite) -> set[str]:
    with closing(KafkaAdminClient(bootstrap_servers=site.bootstrap)) as admin:
        return set(admin.list_topics())


def test_a_command_that_the_database_refuses_is_refused_alone(site: CommandSite) -> None:
    with site.linkage.approval.begin() as transaction:
        raw(transaction).execute(
            """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                   IF NEW.data LIKE '%A7%' THEN RAISE EXCEPTION 'no' USING ERRCODE = '22001'; END IF;
                   RETURN NEW; END $$;
               CREATE TRIGGER refuse BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION refuse()"""
        )
    for number in range(12):
        site.send(f"c-{number}", site.decision(permit_number=f"A{number}"))
    answers = site.answers()
    assert [name for name, answer in answers.items() if not answer["accepted"]] == ["c-7"]
    assert answers["c-7"]["rule"] == "not_recorded_error"
    assert site.recorded() == 11


class Faulty(Desk):
    """A desk with a fault that one decision brings to light."""

    def handle(self, submissions: Sequence[Submission], **how: Any) -> list[Outcome]:
        if any(submission.decision.permit_number == "A2" for submission in submissions):
            raise KeyError("A2")
        return super().handle(submissions, **how)


def test_a_command_that_makes_the_desk_fail_stops_nobody_and_is_decided_when_it_comes_again(site: CommandSite) -> None:
    for number in range(5):
        site.send(f"c-{number}", site.decision(permit_number=f"A{number}"))
    site.take(Faulty(site.linkage.approval, MASTER, lambda: site.linkage.today))
    site.publish()
    assert [one.command for one in site.heard() if not one.answer["accepted"]] == ["c-2"]
    site.send("c-2", site.decision(permit_number="A2"))
    assert site.answers()["c-2"]["accepted"]
    assert site.recorded() == 5


class Backwards(CommandDesk):
    """Broken on purpose: does not keep the order of a partition."""

    def take(self, commands: Sequence[Command], cursors: Mapping[int, int]) -> Counter[str]:
        return super().take(commands[::-1], cursors)


@pytest.mark.parametrize(("kind", "in_order"), [(CommandDesk, True), (Backwards, False)])
def test_the_commands_of_one_key_are_decided_in_the_order_in_which_they_were_sent(
    site: CommandSite, kind: type[CommandDesk], in_order: bool
) -> None:
    site.kind = kind
    for number in range(4):
        life = [Kind.GRANT, Kind.AMEND, Kind.AMEND, Kind.REVOKE]
        for step, said in enumerate(life):
            changed = site.decision(kind=said, permit_number=f"A{number}", content=f"内容{step}", reason="违法")
            site.send(f"c-{number}-{step}", changed, f"permit-{number}")
    answers = site.answers()
    versions = [[answers[f"c-{n}-{step}"].get("version") for step in range(4)] for n in range(4)]
    assert (versions == [[1, 2, 3, 4]] * 4) is in_order


class Crash(Exception):
    """The process dies here."""


class DiesBeforeCommit(CommandDesk):
    def _settle(self, connection: psycopg.Connection, commands: Sequence[Command]) -> Counter[str]:
        super()._settle(connection, commands)
        raise Crash


class BookmarkFirst(DiesBeforeCommit):
    """Broken on purpose: moves the bookmark in a transaction of its own, as Kafka's automatic commit does."""

    def take(self, commands: Sequence[Command], cursors: Mapping[int, int]) -> Counter[str]:
        with self.desk.engine.begin() as transaction:
            bookmark.advance(raw(transaction), self.lease, cursors, {})
        with self.desk.engine.begin() as transaction:
            return self._settle(raw(transaction), commands)


@pytest.mark.parametrize(("kind", "decided"), [(DiesBeforeCommit, 1), (BookmarkFirst, 0)])
def test_a_crash_before_the_commit_loses_no_command(site: CommandSite, kind: type[CommandDesk], decided: int) -> None:
    site.send("c-1", site.decision())
    site.kind = kind
    with pytest.raises(Crash):
        site.take()
    assert site.recorded() == 0
    site.kind = CommandDesk
    answers = site.answers()
    assert (site.recorded(), len(answers)) == (decided, decided)


class ForgetsReplies(CommandDesk):
    """Broken on purpose: answers after the commit, from memory."""

    def _settle(self, connection: psycopg.Connection, commands: Sequence[Command]) -> Counter[str]:
        counts = super()._settle(connection, commands)
        connection.execute("DELETE FROM waiting_replies")
        return counts


@pytest.mark.parametrize(("kind", "told"), [(CommandDesk, 1), (ForgetsReplies, 0)])
def test_a_crash_between_commit_and_reply_delays_the_reply_and_the_decision_exists_once(
    site: CommandSite, kind: type[CommandDesk], told: int
) -> None:
    site.kind = kind
    site.send("c-1", site.decision())
    site.take()  # and the process is no more
    assert site.heard() == []
    site.kind = CommandDesk
    assert len(site.answers()) == told
    assert site.recorded() == 1


def test_a_reply_published_twice_bears_the_same_id(site: CommandSite) -> None:
    site.send("c-1", site.decision())
    site.take()
    with connect(site.linkage.approval_url, application="test") as connection:
        waiting = waiting_replies.oldest(connection, 10)
    site.publish()
    with closing(KafkaReplies(site.bootstrap)) as replies:
        replies.publish(site.bureau, waiting)  # as after a crash between the acknowledgement and the deletion
    first, second = site.heard()
    assert (first.headers["ce_id"], first.answer) == (second.headers["ce_id"], second.answer)


class Unfenced(CommandDesk):
    """Broken on purpose: writes without looking whose the partitions are."""

    def take(self, commands: Sequence[Command], cursors: Mapping[int, int]) -> Counter[str]:
        with self.desk.engine.begin() as transaction:
            return self._settle(raw(transaction), commands)


@pytest.mark.parametrize(("kind", "fenced"), [(CommandDesk, True), (Unfenced, False)])
def test_an_intake_that_was_frozen_while_another_took_over_changes_nothing(
    site: CommandSite, kind: type[CommandDesk], fenced: bool
) -> None:
    site.send("c-1", b"no decision")
    site.kind = kind
    with site.at_desk() as (source, zombie):
        held, cursors = source.read(zombie.lease.cursors, 10, timeout=10)
        assert len(held) == 1
        site.linkage.rows(
            "UPDATE checkpoints SET lease_until = clock_timestamp() - interval '1 second' RETURNING 1", side="approval"
        )
        site.kind = CommandDesk
        site.answers()
        if fenced:
            with pytest.raises(Fenced):
                zombie.take(held, cursors)
        else:
            zombie.take(held, cursors)
    waits = site.linkage.rows("SELECT command FROM waiting_replies", side="approval")
    assert waits == ([] if fenced else [("c-1",)]), "the bureau would be told again"


def test_a_topic_made_anew_is_read_from_its_beginning_and_repeats_record_nothing(site: CommandSite) -> None:
    site.send("c-1", site.decision())
    site.send("c-2", site.decision(permit_number="A2"))
    first = site.answers()
    with closing(KafkaAdminClient(bootstrap_servers=site.bootstrap)) as admin:
        admin.delete_topics([site.topic.name])
        while site.topic.name in admin.list_topics():
            pass
    with closing(KafkaCommands(site.bootstrap, site.topic)) as commands:
        commands.identity()
    site.producer.close()
    with command_site(site.linkage, site.bootstrap) as other:
        again = CommandSite(site.linkage, site.bootstrap, site.topic, site.bureau, other.producer)
        again.send("c-1", site.decision())
        again.send("c-3", site.decision(permit_number="A3"))
        answers = again.answers()
    assert answers["c-1"] == first["c-1"] | {"repeated": True}
    assert answers["c-3"]["accepted"]
    assert site.recorded() == 3


class OneShut(Replies):
    """The topic of one bureau takes nothing."""

    def __init__(self, replies: Replies, shut: str) -> None:
        self.replies = replies
        self.shut = shut

    def publish(self, bureau: str, replies: Sequence[Reply]) -> None:
        if bureau == self.shut:
            raise LogUnavailable("shut")
        self.replies.publish(bureau, replies)

    def close(self) -> None:
        self.replies.close()


def test_a_bureau_whose_topic_takes_nothing_keeps_no_other_from_its_replies(site: CommandSite) -> None:
    other = "11990100MB7777777X"
    register(site.linkage, other)
    for number in range(3):
        site.send(f"c-{number}", site.decision(permit_number=f"A{number}"))
        site.send(f"o-{number}", site.decision(permit_number=f"A{number}", deciding_body=other), ce_source=other)
    site.take()
    replier = Replier(site.linkage.approval_url, lambda: OneShut(KafkaReplies(site.bootstrap), other))
    with (
        closing(replier.replies()) as replies,
        connect(site.linkage.approval_url, application="test") as connection,
    ):
        assert replier.step(connection, replies) == 3
        assert replier.step(connection, replies) == 0
        assert {reply.bureau for reply in waiting_replies.oldest(connection, 10)} == {other}
    assert len(site.heard()) == 3
    assert site.publish() == 3, "once it takes them again"


def test_the_lag_of_the_intake_is_the_age_of_the_oldest_unread_command(site: CommandSite) -> None:
    site.take()
    for number in range(3):
        site.send(f"c-{number}", site.decision(permit_number=f"A{number}"), str(number))
    with (
        closing(KafkaCommands(site.bootstrap, site.topic)) as source,
        connect(site.linkage.approval_url, application="test") as connection,
    ):
        state = CommandState(lambda: KafkaCommands(site.bootstrap, site.topic))

        def unread() -> float:
            facts = [one for one in state.facts(connection) if one.name == "linkage_kafka_consumer_lag_records"]
            assert {one.labels["group"] for one in facts} == {"linkage.commands"}
            return sum(one.value for one in facts)

        beat(connection, "projection:commands", "test")
        behind = measure_unannounced(connection, source, "commands")
        assert (behind.events, behind.stage, unread()) == (3, Stage.LOG, 3)
        assert behind.seconds > 0
        site.take()
        level = measure_unannounced(connection, source, "commands")
        assert (level.events, level.seconds, level.status, unread()) == (0, 0.0, Status.LEVEL, 0)


def test_what_a_bureau_sent_in_a_transaction_counts_when_it_is_committed_and_leaves_no_lag(site: CommandSite) -> None:
    site.take()
    plain, site.producer = (
        site.producer,
        KafkaProducer(bootstrap_servers=site.bootstrap, transactional_id=f"{site.topic.name}-bureau"),
    )
    site.producer.init_transactions()
    site.producer.begin_transaction()
    site.send("c-1", site.decision())
    site.producer.commit_transaction()
    site.producer.begin_transaction()
    site.send("c-2", site.decision(permit_number="A2"))
    site.producer.abort_transaction()
    site.producer.close()
    site.producer = plain
    with (
        closing(KafkaCommands(site.bootstrap, site.topic)) as source,
        connect(site.linkage.approval_url, application="test") as connection,
    ):
        assert measure_unannounced(connection, source, "commands").stage is Stage.LOG
        assert set(site.answers()) == {"c-1"}
        level = measure_unannounced(connection, source, "commands")
        assert (level.events, level.stage) == (0, Stage.NOWHERE)


def test_while_the_broker_is_away_intake_and_replies_wait_and_go_on_by_themselves(
    linkage: Linkage, kafka_of_its_own: Broker, tmp_path: Path
) -> None:
    with command_site(linkage, kafka_of_its_own.bootstrap) as site:
        replier = Replier(linkage.approval_url, lambda: KafkaReplies(site.bootstrap))
        stop = threading.Event()
        loops = [threading.Thread(target=run, args=(stop,)) for run in (site.intake().run, replier.run)]
        site.send("c-1", site.decision())
        site.take()  # decided, and the reply waits
        site.producer.close()  # kafka-python forgets the sockets that a broker which is away refuses
        broker.stop(tmp_path / "kafka")
        for loop in loops:
            loop.start()
        try:
            time.sleep(3)
            assert all(loop.is_alive() for loop in loops)
            broker.start(tmp_path / "kafka", kafka_of_its_own.port)
            with closing(KafkaProducer(bootstrap_servers=site.bootstrap)) as site.producer:
                site.send("c-2", site.decision(permit_number="A2"))
            deadline = time.monotonic() + 60
            while len(site.heard()) < 2:
                assert time.monotonic() < deadline, "the replies did not come"
                time.sleep(0.2)
        finally:
            stop.set()
            for loop in loops:
                loop.join(30)
        assert {one.command for one in site.heard() if one.answer["accepted"]} == {"c-1", "c-2"}
        assert site.recorded() == 2


def test_what_is_sent_is_what_http_takes(site: CommandSite) -> None:
    sent = site.decision().model_dump_json(exclude_defaults=True).encode()
    site.send("c-1", sent)
    assert site.answers()["c-1"]["accepted"]
    assert Decision.model_validate_json(sent) == site.decision()


def test_commands_wait_in_their_topic_while_the_disk_has_no_room(site: CommandSite) -> None:
    site.send("c-1", site.decision())
    with connect(site.linkage.approval_url, application="test") as connection:
        reserve.look(connection, Disk(10**18, folder=Path()))
        with pytest.raises(psycopg.errors.DiskFull):
            site.take()
        reserve.look(connection, Disk(1, folder=Path()))
    site.take()
    assert site.recorded() == 1
