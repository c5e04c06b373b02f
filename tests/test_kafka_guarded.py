"""A broker that asks who comes: each side by its own name, and neither can say what only the other may."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
import structlog
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)
from kafka.errors import KafkaError
from prometheus_client import CollectorRegistry

from events.envelope import Record, canonical, partition_of
from events.log import LogUnavailable
from events.log.access import Secured
from events.log.kafka import KafkaLog, KafkaPublisher
from events.log.kafka.commands import KafkaCommands
from events.log.kafka.granting import Role, grant
from events.log.kafka.topics import connection
from events.log.opening import erase_log
from services.command_line import program
from services.crew import Crew, Worker
from services.databases import Databases
from services.migrating import Side
from services.parts import numbering, projecting, relaying, taking_commands
from services.settings import Settings, read_settings
from tests.certificates import Authority
from tests.command_site import register
from tests.guarded_kafka import GuardedKafka, guarded_kafka
from tests.invented import MARKET_BUREAU, decision, duty
from tests.linkage import MASTER, Linkage

pytestmark = pytest.mark.kafka

BUREAU = "11990100MB0000002X"
WAITING = {"follower_tries_again", "relay_waits_for_log"}
SIDES: tuple[Side, ...] = ("approval", "supervision")


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedKafka]:
    """Both sides and a bureau have their names and rights, given by the command that sites are told of."""
    folder = tmp_path_factory.mktemp("guarded")
    with guarded_kafka(folder / "kafka") as started, pytest.MonkeyPatch.context() as site:
        for name, value in environment(started.admin, folder).items():
            site.setenv(name, value)
        for whom, more in {"approval": (), "supervision": (), "bureau": ("--bureau", BUREAU)}.items():
            words = ["kafka", "grant", whom, "--user", whom, "--password-file", str(password(folder, whom)), *more]
            program(words)(words, standalone_mode=False)
        yield started


def password(folder: Path, user: str) -> Path:
    file = folder / f"{user}.password"
    file.write_text(f"{user}'s own\n")
    return file


def by(kafka: GuardedKafka, user: str) -> Secured:
    return kafka.by(user, f"{user}'s own")


def environment(access: Secured, folder: Path) -> dict[str, str]:
    file = folder / f"{access.user}.given"
    file.write_text(access.password)
    return {
        "LOG_URL": f"kafka://{access.bootstrap}",
        "LINKAGE_KAFKA_PROTOCOL": "SASL_SSL",
        "LINKAGE_KAFKA_USER": access.user,
        "LINKAGE_KAFKA_PASSWORD_FILE": str(file),
        "LINKAGE_KAFKA_CA_FILE": str(access.ca_file),
    }


@pytest.fixture
def settings(kafka: GuardedKafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Secured], Settings]:
    def made(access: Secured) -> Settings:
        for name, value in environment(access, tmp_path).items():
            monkeypatch.setenv(name, value)
        site = read_settings(data=tmp_path)
        # What the test submits itself is sealed with this one: a part that began earlier would make another.
        site.key_file.write_text(MASTER.hex())
        return site

    return made


@contextmanager
def at_work(*workers: Worker) -> Iterator[Crew]:
    with Crew(list(workers)).at_work() as crew:
        yield crew
    assert not crew.failed


def parts_of(side: Side, settings: Settings, linkage: Linkage, *, projector: bool = True) -> list[Worker]:
    urls: dict[Side, str] = {side: linkage.approval_url if side == "approval" else linkage.supervision_url}
    databases, registry = Databases(urls, {}, {}, False), CollectorRegistry()
    workers = numbering(side, settings, databases) + relaying(side, settings, databases)
    if side == "approval":
        workers += taking_commands(settings, databases, registry)
    return workers + (projecting(side, settings, databases, registry) if projector else [])


def until(holds: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


def test_decisions_reach_their_departments_and_bureaus_their_answers_each_by_a_name_of_its_own(
    kafka: GuardedKafka, linkage: Linkage, settings: Callable[[Secured], Settings]
) -> None:
    linkage.duties(duty())
    register(linkage, BUREAU)
    workers = [worker for side in SIDES for worker in parts_of(side, settings(by(kafka, side)), linkage)]
    with at_work(*workers):
        linkage.submit(decision(permit_number="JY29901020000001"))
        until(lambda: len(linkage.listed(MARKET_BUREAU)) == 1)
        until(lambda: linkage.rows("SELECT 1 FROM told", side="approval"))
        with closing(KafkaAdminClient(**connection(kafka.admin))) as admin:
            # Faust is let in too: it joins once the stock is read, and what it delivers moves its offsets.
            until(lambda: members(admin, "linkage.intake"))
        publish_as_bureau(kafka, "c-1")
        until(lambda: len(linkage.listed(MARKET_BUREAU)) == 2)
        assert heard_by_bureau(kafka) == {"c-1": True}


def members(admin: KafkaAdminClient, group: str) -> int:
    try:
        return len(admin.describe_groups([group])[group]["members"])
    except KafkaError:
        return 0  # the first group of a broker takes a moment


def publish_as_bureau(kafka: GuardedKafka, name: str) -> None:
    stated = decision(permit_number="JY29901020000002", deciding_body=BUREAU).model_dump_json().encode()
    headers = [("ce_id", name.encode()), ("ce_source", BUREAU.encode()), ("ce_type", b"decision_command")]
    with closing(KafkaProducer(**connection(by(kafka, "bureau")), enable_idempotence=True)) as producer:
        producer.send("linkage.approval.commands", key=b"k", value=stated, headers=headers).get(10)


def heard_by_bureau(kafka: GuardedKafka) -> dict[str, bool]:
    place = TopicPartition(f"linkage.replies.{BUREAU}", 0)
    heard: dict[str, bool] = {}
    with closing(KafkaConsumer(**connection(by(kafka, "bureau")), enable_auto_commit=False)) as consumer:
        consumer.assign([place])
        consumer.seek(place, 0)
        deadline = time.monotonic() + 60
        while not heard:
            assert time.monotonic() < deadline, "the bureau hears nothing"
            for message in consumer.poll(timeout_ms=500).get(place, []):
                heard[message.key.decode()] = json.loads(message.value)["accepted"]
    return heard


def test_a_wrong_password_is_named_and_parks_nothing_and_all_arrives_with_the_right_one(
    kafka: GuardedKafka, linkage: Linkage, settings: Callable[[Secured], Settings]
) -> None:
    # Other databases than before: what these topics hold is nothing of theirs.
    erase_log(kafka.admin, SIDES)
    grant(kafka.admin, Role.APPROVAL, "approval")
    linkage.duties(duty())
    wrong = kafka.by("supervision", "somebody else's")
    sending = parts_of("approval", settings(by(kafka, "approval")), linkage, projector=False)
    hearing = parts_of("supervision", settings(wrong), linkage)
    with at_work(*sending):
        permit = linkage.submit(decision(permit_number="JY29901020000003"))[0].permit
        with structlog.testing.capture_logs() as said, at_work(*hearing):
            until(lambda: {line["event"] for line in said} >= WAITING)
        told = [line.get("detail") or line["error"] for line in said if line["event"] in WAITING]
        assert all("name or password of supervision is wrong: see to LINKAGE_KAFKA_USER" in line for line in told)
        assert not any("somebody" in str(line) for line in said), "a password is in the journal"
        assert permit not in linkage.listed(MARKET_BUREAU)
        with at_work(*parts_of("supervision", settings(by(kafka, "supervision")), linkage)):
            until(lambda: permit in linkage.listed(MARKET_BUREAU))
    assert not linkage.rows("SELECT 1 FROM parked_streams")


def test_what_only_supervision_may_say_cannot_be_written_by_the_name_of_approval(kafka: GuardedKafka) -> None:
    with KafkaPublisher(by(kafka, "approval"), "supervision") as forger:
        with pytest.raises(LogUnavailable, match=r"approval lacks a right.*linkage kafka grant"):
            forger.publish([forged()])
        with allowed(kafka, "approval", "linkage.supervision.events", ACLOperation.WRITE):
            until(lambda: published(forger))  # so it was the right that was missing, and nothing else


def forged() -> Record:
    stream, now = uuid4(), datetime.now(UTC)
    return Record("supervision", 1, partition_of(stream), stream, 1, "noted", 1, now, now, canonical({}))


def published(publisher: KafkaPublisher) -> bool:
    try:
        return bool(publisher.publish([forged()]))
    except LogUnavailable:
        return False  # brokers hear of a new right a moment later


@contextmanager
def allowed(kafka: GuardedKafka, user: str, topic: str, operation: ACLOperation) -> Iterator[None]:
    where = (ResourceType.TOPIC, topic, ACLResourcePatternType.LITERAL)
    given = (f"User:{user}", "*", operation, ACLPermissionType.ALLOW)
    with closing(KafkaAdminClient(**connection(kafka.admin))) as admin:
        admin.create_acls([ACL(*given, ResourcePattern(*where))])
        try:
            yield
        finally:
            admin.delete_acls([ACLFilter(*given, ResourcePatternFilter(*where))])


def test_the_bureaus_commands_which_name_persons_are_read_by_approval_alone(kafka: GuardedKafka) -> None:
    curious = KafkaCommands(by(kafka, "supervision"), making=False)
    with closing(curious), pytest.raises(LogUnavailable, match="supervision lacks a right"):
        curious.head()
    with closing(KafkaCommands(by(kafka, "approval"), making=False)) as desk:
        assert len(desk.head()) == 12


def test_a_broker_with_a_certificate_of_another_authority_gets_no_password(kafka: GuardedKafka, tmp_path: Path) -> None:
    other = replace(by(kafka, "approval"), ca_file=Authority().write(tmp_path / "other.pem"))
    log = KafkaLog(other, "approval")
    with closing(log), pytest.raises(LogUnavailable, match=r"certificate is not believed.*LINKAGE_KAFKA_CA_FILE"):
        log.identity()
    with closing(KafkaLog(by(kafka, "approval"), "approval")) as log:
        assert log.identity().cluster
