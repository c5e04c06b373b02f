"""The settings of a web service that ends TLS itself, and may know programs by their certificates."""

from collections.abc import Iterator
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings


class TlsSettings(BaseSettings):
    """Part of all settings."""

    tls_certificate_file: Path | None = Field(
        None,
        validation_alias="LINKAGE_TLS_CERTIFICATE_FILE",
        description="PEM with the certificate chain of the web services, where they end TLS themselves. Without it: "
        "plain HTTP, for a gateway on this machine.",
    )
    tls_key_file: Path | None = Field(
        None, validation_alias="LINKAGE_TLS_KEY_FILE", description="Its private key (PEM), readable by nobody else."
    )
    tls_clients_file: Path | None = Field(
        None,
        validation_alias="LINKAGE_TLS_CLIENTS_FILE",
        description="PEM of the authorities that sign programs' certificates: one that is bound by `linkage keys add "
        "--certificate` is let in without another key. Without it: no certificate is asked for.",
    )

    @model_validator(mode="after")
    def _tls_is_of_a_piece(self) -> Self:
        if wrong := "\n".join(_wrong_tls(self)):
            raise ValueError(wrong)
        return self


def _wrong_tls(settings: TlsSettings) -> Iterator[str]:
    if (settings.tls_certificate_file is None) != (settings.tls_key_file is None):
        missing = "LINKAGE_TLS_KEY_FILE" if settings.tls_key_file is None else "LINKAGE_TLS_CERTIFICATE_FILE"
        yield f"{missing}: a certificate and its key go together: give both, or neither"
    if settings.tls_clients_file and settings.tls_certificate_file is None:
        yield "LINKAGE_TLS_CLIENTS_FILE: certificates are looked at by TLS only: set LINKAGE_TLS_CERTIFICATE_FILE too"
    named = {
        "LINKAGE_TLS_CERTIFICATE_FILE": settings.tls_certificate_file,
        "LINKAGE_TLS_KEY_FILE": settings.tls_key_file,
        "LINKAGE_TLS_CLIENTS_FILE": settings.tls_clients_file,
    }
    yield from (f"{name}: there is no such file" for name, path in named.items() if path and not path.is_file())
