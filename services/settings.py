"""Every setting there is, from the environment. `linkage settings` prints this table; nothing else is configurable."""

import os
import re
from collections.abc import Iterator, Set
from difflib import get_close_matches
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import PydanticBaseSettingsSource as Source
from sqlalchemy.engine import make_url

from services.audit_settings import AuditSettings
from services.database_settings import DatabaseSettings
from services.entrance_settings import EntranceSettings
from services.kafka_settings import KafkaSettings
from services.key_settings import KeySettings
from services.rate_settings import RateSettings
from services.setting_kinds import GatewayUrl, NightHour, Port, ServiceUrl
from services.stamp_settings import StampSettings
from services.telling_settings import TellingSettings
from services.tls_settings import TlsSettings
from services.trouble import WronglyAsked


class SettingsWrong(WronglyAsked):
    """One line for each setting that is wrong, with its name and the fix; never its value (it may be a password)."""


class Settings(
    DatabaseSettings,
    KeySettings,
    KafkaSettings,
    EntranceSettings,
    RateSettings,
    StampSettings,
    TlsSettings,
    AuditSettings,
    TellingSettings,
):
    """Made once, where a command begins, by `read_settings`."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, populate_by_name=True)

    host: str = Field(
        "127.0.0.1", validation_alias="LINKAGE_HOST", description="Address that the web services listen on."
    )
    approval_port: Port = Field(
        8470, validation_alias="APPROVAL_PORT", description="Port of the approval side's web service."
    )
    supervision_port: Port = Field(
        8471, validation_alias="SUPERVISION_PORT", description="Port of the supervision side's web service."
    )
    approval_service_url: ServiceUrl | None = Field(
        None,
        validation_alias="APPROVAL_SERVICE_URL",
        description="Where the supervision side reaches the approval side's web service, to learn who a party is. "
        "Without it: LINKAGE_HOST and APPROVAL_PORT.",
    )
    metrics_port: Port | None = Field(
        None,
        validation_alias="LINKAGE_METRICS_PORT",
        description="Port where a projector that runs as a process of its own (with --side) answers /metrics. "
        "Without it: it does not.",
    )
    coordinator: str = Field(
        "审改办",
        validation_alias="LINKAGE_COORDINATOR",
        description="Who owns a decision that no duty covers, rules in consultations, and is told what is overdue, "
        "as officers read it.",
    )
    rule_effect: Literal["flag", "refuse"] = Field(
        "flag",
        validation_alias="LINKAGE_RULE_EFFECT",
        description="What a rule change that names no effect of its own does to a decision that rests on what it "
        "repeals: flag (recorded and marked) or refuse.",
    )
    signatures: Literal["nobody", "registered", "everybody"] = Field(
        "registered",
        validation_alias="LINKAGE_SIGNATURES",
        description="Whose decisions, handed in by HTTP or by topic, must be signed by their body: nobody's, those of "
        "each body that has registered a key (`linkage signing-keys`), or everybody's. A signature that is there is "
        "checked in any case.",
    )
    reveals_a_day: int = Field(
        30,
        ge=0,
        validation_alias="LINKAGE_REVEALS_A_DAY",
        description="How many masked personal facts one person or program may have shown in full on one day.",
    )
    nightly: NightHour = Field(
        "02:30",
        validation_alias="LINKAGE_NIGHTLY",
        description="Hour in China at which the scheduler reconciles and verifies, every night; never: only by hand.",
    )
    otlp_endpoint: GatewayUrl | None = Field(
        None,
        validation_alias="LINKAGE_OTLP_ENDPOINT",
        description="Where traces of each decision's way go, by OTLP over HTTP: http://host:4318/v1/traces. Needs "
        "`pip install 'linkage[otel]'`. Without it: no traces.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", validation_alias="LINKAGE_LOG_LEVEL", description="Least level of what is logged."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: Source,
        env_settings: Source,
        dotenv_settings: Source,
        file_secret_settings: Source,
    ) -> tuple[Source, ...]:
        """The environment by the names of the table alone: HOST, MODE and LOG_LEVEL, which others set, are not ours."""
        env_settings.config = {**env_settings.config, "populate_by_name": False}
        return init_settings, env_settings

    @property
    def own_databases(self) -> dict[str, str]:
        """The addresses of those sides' databases that lie on a server of one's own; the others are embedded."""
        given = (("approval", self.approval_database_url), ("supervision", self.supervision_database_url))
        return {side: url for side, url in given if url}

    @property
    def key_file(self) -> Path:
        return self._kept("LINKAGE_MASTER_KEY_FILE", self.master_key_file, self.data / "master.key")

    def signing_key_file(self, side: str) -> Path:
        beside = (self.master_key_file or self.data / "master.key").parent
        return self._kept("LINKAGE_SIGNING_KEYS", self.signing_keys, beside) / f"signing-{side}.key"

    @property
    def erasures_file(self) -> Path:
        """Which parties were erased: not in the database, for no backup of it may bring them back."""
        return self.erasures or self.key_file.with_name("erasures.jsonl")

    @property
    def entrance_key(self) -> Path:
        return self._kept("LINKAGE_ENTRANCE_KEY_FILE", self.entrance_key_file, self.data / "entrance.key")

    @property
    def webhook_key(self) -> Path:
        named = self.webhook_key_file
        if not self.webhook_targets:  # no endpoint is taken, and so no key made
            return named or self.data / "webhook.key"
        return self._kept("LINKAGE_WEBHOOK_KEY_FILE", named, self.data / "webhook.key")

    def _kept(self, name: str, named: Path | None, otherwise: Path) -> Path:
        """A site that counts says where a key is made: a folder that nobody chose may end with its container."""
        if named is None and self.mode == "production":
            kind = "a folder that stays" if name == "LINKAGE_SIGNING_KEYS" else "a file"
            why = "production keeps this key in a place of its own"
            raise SettingsWrong(f"{name}: {why}: give {kind}, and keep a copy elsewhere")
        return named or otherwise

    @property
    def approval_service(self) -> str:
        return self.approval_service_url or self.address(self.approval_port)

    @property
    def approval_service_key(self) -> str:
        """What the supervision side shows there; empty at an open door."""
        if self.approval_service_key_file is None:
            return ""
        try:
            return self.approval_service_key_file.read_text().strip()
        except OSError as error:
            raise SettingsWrong(f"APPROVAL_SERVICE_KEY_FILE: the file cannot be read: {error.strerror}") from None

    def pages_of(self, side: str) -> str:
        """Where browsers open the pages of ``side``, as far as is known here."""
        port = self.approval_port if side == "approval" else self.supervision_port
        return self.public_url(side) or self.address(port)

    def address(self, port: int) -> str:
        """Where a web service on `port` is reached from this machine."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104
        scheme = "https" if self.tls_certificate_file else "http"
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


_OURS = ("LINKAGE_", "APPROVAL_", "SUPERVISION_")
_TEST_ONLY = re.compile("LINKAGE_(TEST|BENCH)_")
_AS_GOOD_AS_LOG_URL = 0.8
"""How like LOG_URL a name must be to be it misspelt: other programs have a LOG_LEVEL in the same environment."""


def read_settings(**instead: object) -> Settings:
    """From the environment; `instead` are options of the command line, by field name, and win when not None."""
    names = {str(field.validation_alias) for field in Settings.model_fields.values()}
    if unknown := "\n".join(_unknown(names)):
        raise SettingsWrong(unknown)
    try:
        return Settings(**{name: value for name, value in instead.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        # `from None`: the values in the original may be passwords.
        raise SettingsWrong("\n".join(_wrong(error))) from None


def _unknown(names: Set[str]) -> Iterator[str]:
    for name in sorted(os.environ.keys() - names):
        misspelt_log = name.startswith("LOG_") and get_close_matches(name, ["LOG_URL"], 1, _AS_GOOD_AS_LOG_URL)
        if (name.startswith(_OURS) and not _TEST_ONLY.match(name)) or misspelt_log:
            near = misspelt_log or get_close_matches(name, names, 1)
            yield f"{name}: there is no such setting" + (f" (did you mean {near[0]}?)" if near else ": remove it")


def _wrong(error: ValidationError) -> Iterator[str]:
    for one in error.errors(include_input=False, include_url=False):
        if not one["loc"]:
            yield one["msg"].removeprefix("Value error, ")  # of several settings together, and named already
            continue
        name = str(one["loc"][0])
        field = Settings.model_fields.get(name)
        yield f"{field.validation_alias if field else name}: {one['msg'].removeprefix('Value error, ')}"


def explained(settings: Settings) -> list[dict[str, str]]:
    """The table: name, value in force (passwords hidden), meaning."""
    rows = []
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if name.endswith(("_database_url", "_ledger_url", "_smtp_url")) and value:
            value = make_url(value).render_as_string(hide_password=True)
        if name.endswith("_ping_url") and value:
            value = f"{urlsplit(value).scheme}://{urlsplit(value).netloc}/***"
        rows.append(
            {
                "name": str(field.validation_alias),
                "value": "" if value is None else str(value),
                "meaning": field.description or "",
            }
        )
    return rows
