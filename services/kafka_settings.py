"""The settings of the log between the two sides, and of Kafka's brokers where it is that."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings

from events.log.access import Mechanism, Protocol
from events.log.opening import LogAddress
from services.kafka_access import log_address, wrong_kafka
from services.setting_kinds import LogUrl


class KafkaSettings(BaseSettings):
    """Part of all settings."""

    log_url: LogUrl = Field(
        "embedded:",
        validation_alias="LOG_URL",
        description="The log between the two sides: embedded: or kafka://host:port.",
    )
    kafka_protocol: Protocol = Field(
        "PLAINTEXT",
        validation_alias="LINKAGE_KAFKA_PROTOCOL",
        description="How the brokers are spoken to: SASL_SSL (TLS, with name and password), SSL, SASL_PLAINTEXT (on "
        "this machine only) or PLAINTEXT.",
    )
    kafka_mechanism: Mechanism = Field(
        "SCRAM-SHA-512",
        validation_alias="LINKAGE_KAFKA_MECHANISM",
        description="How name and password are proved: SCRAM-SHA-512, SCRAM-SHA-256, or PLAIN (only with TLS).",
    )
    kafka_user: str = Field(
        "", validation_alias="LINKAGE_KAFKA_USER", description="Name of this part at the brokers; one for each side."
    )
    kafka_password_file: Path | None = Field(
        None,
        validation_alias="LINKAGE_KAFKA_PASSWORD_FILE",
        description="File with its password, readable by nobody else.",
    )
    kafka_ca_file: Path | None = Field(
        None,
        validation_alias="LINKAGE_KAFKA_CA_FILE",
        description="PEM of the authorities that sign the brokers' certificates. Without it: those of the machine.",
    )

    @model_validator(mode="after")
    def _kafka_is_of_a_piece(self) -> Self:
        if wrong := "\n".join(wrong_kafka(self)):
            raise ValueError(wrong)
        return self

    @property
    def log(self) -> LogAddress:
        """Where the log is, and how this part is let in."""
        return log_address(self)
