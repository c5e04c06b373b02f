"""The log on Kafka. Nothing outside this package knows Kafka, Faust or their clients."""

from events.log.kafka.log import KafkaLog
from events.log.kafka.publisher import KafkaPublisher

__all__ = ["KafkaLog", "KafkaPublisher"]
