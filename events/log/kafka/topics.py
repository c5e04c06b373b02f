"""The topics of the linkage on a Kafka cluster: their names, how they are made, and which ones they are."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog
from kafka import KafkaAdminClient
from kafka.errors import KafkaConfigurationError, KafkaError, TopicAlreadyExistsError, for_code

from events.envelope import PARTITIONS
from events.log import LogIdentity, LogUnavailable
from events.log.kafka.answers import any_answers

log = structlog.get_logger()

ANNOUNCEMENTS = "linkage.announcements"
COMMANDS = "linkage.approval.commands"

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

A_MONTH: Mapping[str, str] = {"retention.ms": str(30 * 86_400_000)}
"""Commands and their outcomes: long enough for a bureau that comes back after the longest holiday."""


def events_topic(source: str) -> str:
    return f"linkage.{source}.events"


def replies_topic(bureau: str) -> str:
    return f"linkage.replies.{bureau}"


def connection(bootstrap: str) -> dict[str, Any]:
    """Return what every client of ``bootstrap`` ("host:port,host:port") is opened with, or raise ``LogUnavailable``.

    A broker that comes back is found within a second, not after the half minute that the default backs off to.
    """
    if not any_answers(bootstrap):
        raise LogUnavailable(f"Kafka at {bootstrap}: no broker answers")
    # It would report each attempt at a broker that is away, ten a second; we say it once, as LogUnavailable.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    return {
        "bootstrap_servers": bootstrap.split(","),
        "client_id": "linkage",
        "request_timeout_ms": REQUEST_SECONDS * 1000,
        "bootstrap_timeout_ms": 5000,
        "reconnect_backoff_ms": 50,
        "reconnect_backoff_max_ms": 1000,
    }


@contextmanager
def unavailable(bootstrap: str) -> Iterator[None]:
    """Turn whatever Kafka's client raises into ``LogUnavailable``."""
    try:
        yield
    except KafkaConfigurationError:
        raise
    except (KafkaError, OSError) as error:
        raise LogUnavailable(f"Kafka at {bootstrap}: {type(error).__name__}") from error


@contextmanager
def administration(bootstrap: str) -> Iterator[KafkaAdminClient]:
    with unavailable(bootstrap):
        admin = KafkaAdminClient(**connection(bootstrap))
        try:
            yield admin
        finally:
            admin.close()


def ensure(bootstrap: str, topic: str, partitions: int, configuration: Mapping[str, str]) -> None:
    """Make ``topic`` unless it is there. ``LogUnavailable`` when it is there with another number of partitions.

    Replication follows the cluster's own default.
    """
    with administration(bootstrap) as admin:
        found = describe(admin, topic)
        if found is None:
            wanted = {topic: {"num_partitions": partitions, "configs": dict(configuration)}}
            try:
                admin.create_topics(wanted)
                log.info("topic_made", topic=topic, partitions=partitions)
            except TopicAlreadyExistsError:
                pass  # another process made it a moment ago
            admin.wait_for_topics([topic])
            found = describe(admin, topic) or {"partitions": ()}
    if len(found["partitions"]) != partitions:
        raise LogUnavailable(f"topic {topic} has {len(found['partitions'])} partitions, not {partitions}")


def ensure_events(bootstrap: str, source: str) -> None:
    ensure(bootstrap, events_topic(source), PARTITIONS, FOR_EVER)


def describe(admin: KafkaAdminClient, topic: str) -> dict[str, Any] | None:
    """Return Kafka's description of a topic, or None when there is no such topic."""
    (found,) = admin.describe_topics([topic])
    if found["error_code"] == 3:
        return None
    if found["error_code"]:
        raise for_code(found["error_code"])(topic)
    described: dict[str, Any] = found
    return described


def identity(admin: KafkaAdminClient, source: str) -> LogIdentity:
    """Return which log of ``source`` this is: a topic made anew has another id, and a new disk another cluster."""
    cluster = admin.describe_cluster()["cluster_id"]
    found = describe(admin, events_topic(source))
    if found is None:
        raise LogUnavailable(f"topic {events_topic(source)} does not exist")
    return LogIdentity(f"kafka:{source}", str(cluster), str(found["topic_id"]))
