"""The log on Kafka. Nothing outside this package knows Kafka, Faust or their clients."""

from events.log.kafka.publisher import KafkaPublisher
from events.log.kafka.reader import KafkaLog

__all__ = ["KafkaLog", "KafkaPublisher"]
