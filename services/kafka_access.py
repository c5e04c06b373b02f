"""What the settings of Kafka say together: what is refused, with the name and the fix, and how a part is let in."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from events.log.access import Secured, addresses
from events.log.opening import LogAddress, bootstrap, is_embedded

if TYPE_CHECKING:
    from services.kafka_settings import KafkaSettings

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


def log_address(settings: KafkaSettings) -> LogAddress:
    if is_embedded(settings.log_url) or settings.kafka_protocol == "PLAINTEXT":
        return settings.log_url
    return Secured(
        str(bootstrap(settings.log_url)),
        settings.kafka_protocol,
        settings.kafka_user,
        settings.kafka_password_file.read_text().strip() if settings.kafka_password_file else "",
        settings.kafka_mechanism,
        settings.kafka_ca_file,
    )


def wrong_kafka(settings: KafkaSettings) -> Iterator[str]:
    """One line for each setting that does not go with the others."""
    named = settings.kafka_protocol.startswith("SASL_")
    tls = settings.kafka_protocol.endswith("SSL")
    if is_embedded(settings.log_url):
        if settings.kafka_protocol != "PLAINTEXT":
            yield "LINKAGE_KAFKA_PROTOCOL: the log is the embedded one: set LOG_URL=kafka://host:port, or remove it"
        return
    if named:
        yield from _wrong_name(settings)
    elif settings.kafka_user or settings.kafka_password_file:
        name = "LINKAGE_KAFKA_USER" if settings.kafka_user else "LINKAGE_KAFKA_PASSWORD_FILE"
        yield f"{name}: a name is given to brokers by SASL only: set LINKAGE_KAFKA_PROTOCOL=SASL_SSL, or remove it"
    if tls and settings.kafka_ca_file and (wrong := _wrong_authorities(settings.kafka_ca_file)):
        yield f"LINKAGE_KAFKA_CA_FILE: {wrong}"
    if not tls and settings.kafka_ca_file:
        yield "LINKAGE_KAFKA_CA_FILE: certificates are looked at by TLS only: set LINKAGE_KAFKA_PROTOCOL=SASL_SSL"


def _wrong_name(settings: KafkaSettings) -> Iterator[str]:
    if not settings.kafka_user:
        yield f"LINKAGE_KAFKA_USER: {settings.kafka_protocol} needs a name: one that `linkage kafka grant` made"
    if settings.kafka_password_file is None:
        yield f"LINKAGE_KAFKA_PASSWORD_FILE: {settings.kafka_protocol} needs a file with the password of that name"
    elif wrong := wrong_password_file(settings.kafka_password_file):
        yield f"LINKAGE_KAFKA_PASSWORD_FILE: {wrong}"
    if settings.kafka_protocol == "SASL_PLAINTEXT":
        hosts = {one.rsplit(":", 1)[0] for one in addresses(bootstrap(settings.log_url))}
        if not hosts <= _LOOPBACK:
            yield (
                "LINKAGE_KAFKA_PROTOCOL: without TLS everybody on the way reads along: set SASL_SSL "
                "(SASL_PLAINTEXT is for brokers on this machine)"
            )
        if settings.kafka_mechanism == "PLAIN":
            yield "LINKAGE_KAFKA_MECHANISM: PLAIN shows the password: set SCRAM-SHA-512, or PROTOCOL=SASL_SSL"


def wrong_password_file(path: Path) -> str:
    """Why a file of one password cannot be used, or nothing."""
    try:
        password = path.read_text().strip()
    except FileNotFoundError:
        return "there is no such file: write the password into it, alone on one line"
    except (OSError, UnicodeDecodeError):
        return "it cannot be read: make it a text file that this account may read"
    return "" if password and "\n" not in password else "write one password into it, alone on one line"


def _wrong_authorities(path: Path) -> str:
    try:
        ssl.create_default_context(cafile=path)
    except FileNotFoundError:
        return "there is no such file: give the certificates (PEM) of the authority that signs the brokers'"
    except OSError:
        return "it holds no certificates that can be read: give a PEM file (-----BEGIN CERTIFICATE-----)"
    return ""
