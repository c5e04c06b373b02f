"""The settings of time stamps of checkpoints."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings

from services.setting_kinds import GatewayUrl


class StampSettings(BaseSettings):
    """Part of all settings."""

    tsa_url: GatewayUrl | None = Field(
        None,
        validation_alias="LINKAGE_TSA_URL",
        description="Where a time-stamp authority (RFC 3161, over HTTP) stamps signed checkpoints. Needs "
        "`pip install 'linkage[tsa]'`. Without it: none are stamped.",
    )
    tsa_certificates: Path | None = Field(
        None,
        validation_alias="LINKAGE_TSA_CERTIFICATES_FILE",
        description="PEM of the authorities whose stamps are believed: the root, and what stands between it and the "
        "stamping certificate. A stamp by anybody else is not kept.",
    )
    tsa_minutes: Annotated[int, Field(ge=1, le=10_080)] = Field(
        60,
        validation_alias="LINKAGE_TSA_MINUTES",
        description="A checkpoint is stamped once in so many minutes at most, and only if something was recorded.",
    )

    @model_validator(mode="after")
    def _believe_somebody(self) -> Self:
        if self.tsa_url and not self.tsa_certificates:
            raise ValueError("LINKAGE_TSA_URL: LINKAGE_TSA_CERTIFICATES_FILE must say whose stamps are believed")
        return self
