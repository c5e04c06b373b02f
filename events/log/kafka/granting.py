"""Names at the brokers, and what each may do: rights by prefix, so that neither side can write what the other says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
)
from kafka.admin import UserScramCredentialUpsertion as Password
from kafka.errors import KafkaError

from events.log import LogUnavailable
from events.log.access import Brokers
from events.log.kafka.topics import ANNOUNCEMENTS, COMMANDS, REPLIES, administration, ensure, events_topic, unavailable

TOPIC, GROUP = ResourceType.TOPIC, ResourceType.GROUP
READ, WRITE, CREATE = ACLOperation.READ, ACLOperation.WRITE, ACLOperation.CREATE
EXACTLY, BEGINNING = ACLResourcePatternType.LITERAL, ACLResourcePatternType.PREFIXED
ITERATIONS = 8192

Right = tuple[ResourceType, ACLResourcePatternType, str, Sequence[ACLOperation]]


class Role(StrEnum):
    """Whom a name at the brokers stands for."""

    APPROVAL = "approval"
    SUPERVISION = "supervision"
    BUREAU = "bureau"
    OPERATOR = "operator"


def rights_of(role: Role, bureau: str = "") -> Iterator[Right]:
    """What a role may do. READ and WRITE include that one may ask about the topic; nothing else is allowed."""
    match role:
        case Role.APPROVAL:
            yield TOPIC, BEGINNING, "linkage.approval.", (READ, WRITE, CREATE)
            yield TOPIC, BEGINNING, REPLIES, (READ, WRITE, CREATE)
            yield TOPIC, EXACTLY, events_topic("supervision").name, (READ,)
            yield TOPIC, EXACTLY, ANNOUNCEMENTS.name, (READ, WRITE, CREATE)
            yield GROUP, EXACTLY, "linkage.told", (READ,)
        case Role.SUPERVISION:
            yield TOPIC, BEGINNING, "linkage.supervision.", (READ, WRITE, CREATE)
            # Not by prefix: the bureaus' commands hold personal facts in the open.
            yield TOPIC, EXACTLY, events_topic("approval").name, (READ,)
            yield TOPIC, EXACTLY, ANNOUNCEMENTS.name, (READ, WRITE, CREATE)
            yield GROUP, EXACTLY, "linkage.intake", (READ,)
        case Role.BUREAU:
            yield TOPIC, EXACTLY, COMMANDS.name, (WRITE,)
            yield TOPIC, EXACTLY, f"{REPLIES}{bureau}", (READ,)
            yield GROUP, BEGINNING, f"{bureau}.", (READ,)
        case Role.OPERATOR:
            yield TOPIC, BEGINNING, "linkage.", (READ,)


def grant(brokers: Brokers, role: Role, user: str, password: str | None = None, bureau: str = "") -> None:
    """Give ``user`` the rights of ``role``, and ``password`` when it is given; make the topics that are not there.

    Harmless when repeated. ``brokers`` by a name that may do everything. ``LogUnavailable`` when they refuse.
    """
    for topic in (events_topic("approval"), events_topic("supervision"), ANNOUNCEMENTS, COMMANDS):
        ensure(brokers, topic)
    given = [
        ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, ResourcePattern(kind, name, pattern))
        for kind, pattern, name, operations in rights_of(role, bureau)
        for operation in operations
    ]
    with administration(brokers) as admin, unavailable(brokers):
        if password is not None:
            said = admin.alter_user_scram_credentials([Password(user, "SCRAM-SHA-512", password, ITERATIONS)])
            if wrong := said.get(user):
                raise LogUnavailable(f"Kafka at {brokers} takes no password for {user}: {wrong}")
        failed: list[type[KafkaError]] = admin.create_acls(given)["failed"]
        if failed:
            raise failed[0]()
