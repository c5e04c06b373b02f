"""The settings of the audit trail's second copy."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings


def _collector(given: str) -> str:
    if re.fullmatch(r"(tls|tcp)://[^/\s@:]+:\d{1,5}/?", given):
        return given.rstrip("/")
    raise ValueError("give a collector of logs: tls://host:6514, or tcp://host:514 on this machine")


class AuditSettings(BaseSettings):
    """Part of all settings."""

    audit_syslog: Annotated[str, AfterValidator(_collector)] | None = Field(
        None,
        validation_alias="LINKAGE_AUDIT_SYSLOG",
        description="Collector of logs (RFC 5424) that gets a copy of each entry of the audit trail: tls://host:6514, "
        "or tcp://host:514. Without it: no second copy.",
    )
    audit_syslog_ca_file: Path | None = Field(
        None,
        validation_alias="LINKAGE_AUDIT_SYSLOG_CA_FILE",
        description="PEM of the authorities that sign its certificate. Without it: those of the machine.",
    )
