"""The topics of the linkage on a Kafka cluster: their names, how they are made, and which ones they are."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from kafka import KafkaAdminClient
from kafka.errors import (
    AuthorizationError,
    KafkaConfigurationError,
    KafkaError,
    SaslAuthenticationFailedError,
    TopicAlreadyExistsError,
    UnsupportedSaslMechanismError,
    for_code,
)

from events.envelope import PARTITIONS
from events.log import LogIdentity, LogUnavailable
from events.log.access import Brokers, Secured, addresses
from events.log.commands import TOPIC
from events.log.kafka.answers import any_answers

log = structlog.get_logger()

COMMAND_PARTITIONS = 12
"""Fixed when the topic is made: with another number a bureau's key would lead elsewhere, and lose its order."""

REQUEST_SECONDS = 10
"""How long one question to the cluster may take before the log counts as away."""

FOR_EVER: Mapping[str, str] = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete"}
"""Events are kept: lists are rebuilt from them, and personal parts are erased by destroying keys, not records."""

NEWEST_ONLY: Mapping[str, str] = {
    "cleanup.policy": "compact",
    # Two announcements a second and a side: cleaned often, so that a new reader finds little before the newest.
    "segment.bytes": "1048576",
    "segment.ms": "600000",
    "min.cleanable.dirty.ratio": "0.1",
}

A_MONTH: Mapping[str, str] = {"retention.ms": str(30 * 86_400_000), "cleanup.policy": "delete"}
"""Commands and their outcomes: long enough for a bureau that comes back after the longest holiday."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as the linkage makes it. ``log`` names it in bookmarks."""

    name: str
    partitions: int
    configuration: Mapping[str, str]
    log: str = ""


REPLIES = "linkage.replies."
ANNOUNCEMENTS = Topic("linkage.announcements", 1, NEWEST_ONLY)
COMMANDS = Topic(TOPIC, COMMAND_PARTITIONS, A_MONTH, "kafka:commands")


def events_topic(source: str) -> Topic:
    return Topic(f"linkage.{source}.events", PARTITIONS, FOR_EVER, f"kafka:{source}")


def replies_topic(bureau: str) -> Topic:
    return Topic(f"{REPLIES}{bureau}", 1, A_MONTH)


def connection(bootstrap: Brokers) -> dict[str, Any]:
    """Return what every client of ``bootstrap`` is opened with, or raise ``LogUnavailable``.

    A broker that comes back is found within a second, not after the half minute that the default backs off to.
    """
    with unavailable(bootstrap):
        there = any_answers(bootstrap)
    if not there:
        raise LogUnavailable(f"Kafka at {bootstrap}: no broker answers{_by(bootstrap)}")
    # It would report each attempt at a broker that is away, ten a second; we say it once, as LogUnavailable.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    return {
        "bootstrap_servers": addresses(bootstrap),
        "client_id": "linkage",
        "request_timeout_ms": REQUEST_SECONDS * 1000,
        "bootstrap_timeout_ms": 5000,
        "reconnect_backoff_ms": 50,
        "reconnect_backoff_max_ms": 1000,
        **(_secured(bootstrap) if isinstance(bootstrap, Secured) else {}),
    }


def _secured(brokers: Secured) -> dict[str, Any]:
    given: dict[str, Any] = {"security_protocol": brokers.protocol, "ssl_context": brokers.tls()}
    if brokers.asks_for_a_name:
        given |= {
            "sasl_mechanism": brokers.mechanism,
            "sasl_plain_username": brokers.user,
            "sasl_plain_password": brokers.password,
        }
    return given


def _by(brokers: Brokers) -> str:
    return f" by {brokers.protocol}" if isinstance(brokers, Secured) else ""


@contextmanager
def unavailable(bootstrap: Brokers) -> Iterator[None]:
    """Turn whatever Kafka's client raises into ``LogUnavailable``; what an operator must put right is said with it."""
    try:
        yield
    except KafkaConfigurationError:
        raise
    except (KafkaError, OSError) as error:
        raise LogUnavailable(f"Kafka at {bootstrap}: {_why(error, bootstrap)}") from error


def _why(error: Exception, brokers: Brokers) -> str:
    kind = type(error).__name__
    user = brokers.user if isinstance(brokers, Secured) else ""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not believed ({error.verify_message}): see to LINKAGE_KAFKA_CA_FILE"
    if isinstance(error, SaslAuthenticationFailedError):
        return (
            f"name or password of {user} is wrong: see to LINKAGE_KAFKA_USER and LINKAGE_KAFKA_PASSWORD_FILE, "
            "or give the password anew with `linkage kafka grant`"
        )
    if isinstance(error, UnsupportedSaslMechanismError):
        return f"no such proof of a name is taken there ({error}): see to LINKAGE_KAFKA_MECHANISM"
    if isinstance(error, AuthorizationError):
        return f"{user or 'whoever gives no name'} lacks a right ({kind}): `linkage kafka grant` gives it"
    return kind


@contextmanager
def administration(bootstrap: Brokers) -> Iterator[KafkaAdminClient]:
    with unavailable(bootstrap):
        admin = KafkaAdminClient(**connection(bootstrap))
        try:
            yield admin
        finally:
            admin.close()


def ensure(bootstrap: Brokers, topic: Topic, *, as_found: bool = False, making: bool = True) -> None:
    """Make ``topic`` unless it is there. ``LogUnavailable`` when it is there with another number of partitions, unless
    it is taken ``as_found``; and when it is not there, for who only looks (not ``making``).

    Replication follows the cluster's own default.
    """
    with administration(bootstrap) as admin:
        found = describe(admin, topic.name)
        if found is None and not making:
            raise LogUnavailable(f"topic {topic.name} does not exist")
        if found is None:
            wanted = {topic.name: {"num_partitions": topic.partitions, "configs": dict(topic.configuration)}}
            try:
                admin.create_topics(wanted)
                log.info("topic_made", topic=topic.name, partitions=topic.partitions)
            except TopicAlreadyExistsError:
                pass  # another process made it a moment ago
            admin.wait_for_topics([topic.name])
            found = describe(admin, topic.name) or {"partitions": ()}
    there = len(found["partitions"])
    if there != topic.partitions and not as_found:
        raise LogUnavailable(f"topic {topic.name} has {there} partitions, not {topic.partitions}")


def describe(admin: KafkaAdminClient, topic: str) -> dict[str, Any] | None:
    """Return Kafka's description of a topic, or None when there is no such topic."""
    (found,) = admin.describe_topics([topic])
    if found["error_code"] == 3:
        return None
    if found["error_code"]:
        raise for_code(found["error_code"])(topic)
    described: dict[str, Any] = found
    return described


def identity(admin: KafkaAdminClient, topic: Topic) -> LogIdentity:
    """Return which log this is: a topic made anew has another id, and a new disk another cluster."""
    cluster = admin.describe_cluster()["cluster_id"]
    found = describe(admin, topic.name)
    if found is None:
        raise LogUnavailable(f"topic {topic.name} does not exist")
    return LogIdentity(topic.log, str(cluster), str(found["topic_id"]))
