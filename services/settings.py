"""Every setting there is, from the environment. `linkage settings` prints this table; nothing else is configurable."""

import os
import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import SettingsConfigDict
from sqlalchemy.engine import make_url

from events.log.access import Mechanism, Protocol
from events.log.opening import LogAddress
from events.proof.signing import Algorithm
from services.audit_settings import AuditSettings
from services.entrance_settings import EntranceSettings
from services.kafka_access import log_address, wrong_kafka
from services.rate_settings import RateSettings
from services.setting_kinds import (
    DatabaseUrl,
    GatewayUrl,
    LogUrl,
    MailUrl,
    NightHour,
    Port,
    QuietHours,
    Sender,
    ServiceUrl,
    WebhookTargets,
)
from services.stamp_settings import StampSettings
from services.tls_settings import TlsSettings
from services.trouble import WronglyAsked


class SettingsWrong(WronglyAsked):
    """One line for each setting that is wrong, with its name and the fix; never its value (it may be a password)."""


class Settings(EntranceSettings, RateSettings, StampSettings, TlsSettings, AuditSettings):
    """Made once, where a command begins, by `read_settings`."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, populate_by_name=True)

    data: Path = Field(
        Path("data"),
        validation_alias="LINKAGE_DATA",
        description="Folder of the embedded databases and of the master key.",
    )
    wal_archive: Path | None = Field(
        None,
        validation_alias="LINKAGE_WAL_ARCHIVE",
        description="Folder, on another disk, where the embedded server keeps its write-ahead log, so that it can be "
        "restored to any time. Without it: a backup is restored as it was made.",
    )
    approval_database_url: DatabaseUrl | None = Field(
        None,
        validation_alias="APPROVAL_DATABASE_URL",
        description="Database of the approval side (PostgreSQL 15 or later). Without it: embedded, in the data folder.",
    )
    supervision_database_url: DatabaseUrl | None = Field(
        None,
        validation_alias="SUPERVISION_DATABASE_URL",
        description="Database of the supervision side. Without it: embedded, in the data folder.",
    )
    approval_ledger_url: DatabaseUrl | None = Field(
        None,
        validation_alias="APPROVAL_LEDGER_URL",
        description="The approval database by a role that may only read its ledger, for the supervision side and the "
        "embedded log. Without it: APPROVAL_DATABASE_URL.",
    )
    supervision_ledger_url: DatabaseUrl | None = Field(
        None,
        validation_alias="SUPERVISION_LEDGER_URL",
        description="The supervision database by a role that may only read its ledger, for the approval side and the "
        "embedded log. Without it: SUPERVISION_DATABASE_URL.",
    )
    approval_web_database_url: DatabaseUrl | None = Field(
        None,
        validation_alias="APPROVAL_WEB_DATABASE_URL",
        description="The approval database by the role linkage_web, for the web service alone: it owns nothing, sees "
        "the rows of whoever asks. Without it: APPROVAL_DATABASE_URL, and no second wall; production demands it.",
    )
    supervision_web_database_url: DatabaseUrl | None = Field(
        None,
        validation_alias="SUPERVISION_WEB_DATABASE_URL",
        description="The supervision database by the role linkage_web, for the web service alone. Without it: "
        "SUPERVISION_DATABASE_URL, and no second wall; production demands it.",
    )
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
    master_key_file: Path | None = Field(
        None,
        validation_alias="LINKAGE_MASTER_KEY_FILE",
        description="64 hexadecimal digits that open every party's key; keep a copy elsewhere. "
        "Without it: master.key in the data folder, made at the first start.",
    )
    signing_keys: Path | None = Field(
        None,
        validation_alias="LINKAGE_SIGNING_KEYS",
        description="Folder of the keys that sign checkpoints, one file for each side, made at the first start; keep a "
        "copy elsewhere. Without it: where the master key is.",
    )
    signing_algorithm: Algorithm = Field(
        Algorithm.ED25519,
        validation_alias="LINKAGE_SIGNING_ALGORITHM",
        description="What a new signing key is of: ed25519, or sm2 (with SM3 in the tree of a ledger that has none "
        "yet). sm2 needs `pip install 'linkage[gm]'`.",
    )
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
    notice_smtp_url: MailUrl | None = Field(
        None,
        validation_alias="LINKAGE_NOTICE_SMTP_URL",
        description="Mail server for notices to officers: smtp:// (STARTTLS where offered) or smtps://. "
        "Without it: no mail.",
    )
    notice_sender: Sender = Field(
        "linkage@localhost", validation_alias="LINKAGE_NOTICE_SENDER", description="From whom such mail is."
    )
    notice_sms_url: GatewayUrl | None = Field(
        None,
        validation_alias="LINKAGE_NOTICE_SMS_URL",
        description="Gateway of text messages: takes a signed POST with to, text and notice. Without it: none.",
    )
    notice_secret_file: Path | None = Field(
        None,
        validation_alias="LINKAGE_NOTICE_SECRET_FILE",
        description="At least 32 characters that sign what goes to the gateway and to webhooks. "
        "Without it: no webhooks.",
    )
    notice_link: GatewayUrl | None = Field(
        None,
        validation_alias="LINKAGE_NOTICE_LINK",
        description="Where a notice sends its reader. Without it: the address of the side's web service.",
    )
    notice_quiet: QuietHours = Field(
        "20:00-08:00",
        validation_alias="LINKAGE_NOTICE_QUIET",
        description="Hours in China in which no notice goes out, nor on days of rest; never: at any time.",
    )
    notice_urged: Literal["wait", "always"] = Field(
        "wait",
        validation_alias="LINKAGE_NOTICE_URGED",
        description="Whether notices of urged items wait out the quiet hours, or go out always.",
    )
    notice_window: Annotated[int, Field(ge=0, le=86400)] = Field(
        60,
        validation_alias="LINKAGE_NOTICE_WINDOW",
        description="Seconds in which what comes for one officer is put into one notice.",
    )
    webhook_targets: WebhookTargets = Field(
        "",
        validation_alias="LINKAGE_WEBHOOK_TARGETS",
        description="Hosts and networks that webhooks may be sent to, as the security administrator allows them: "
        "hooks.example.cn, 10.20.0.0/16; with http:// before one: also without TLS. Without it: nowhere.",
    )
    webhook_ca_file: Path | None = Field(
        None,
        validation_alias="LINKAGE_WEBHOOK_CA_FILE",
        description="PEM of the authorities that sign the certificates there. Without it: those of the machine.",
    )
    webhook_key_file: Path | None = Field(
        None,
        validation_alias="LINKAGE_WEBHOOK_KEY_FILE",
        description="64 hexadecimal digits that seal what signs webhooks. Without it: webhook.key in the "
        "data folder, made with the first endpoint.",
    )
    disk_reserve: Annotated[int, Field(ge=0)] = Field(
        500,
        validation_alias="LINKAGE_DISK_RESERVE",
        description="Megabytes that stay free on the disk of the databases: below, nothing new is taken, and what was "
        "taken goes on. 0: nothing is refused.",
    )
    disk_folder: Path | None = Field(
        None,
        validation_alias="LINKAGE_DISK_FOLDER",
        description="For databases of your own: a folder on their disk, where the sequencer runs on their machine. "
        "Without it: their disk is not watched (the embedded ones' always is).",
    )
    database_room: Annotated[int, Field(ge=1)] | None = Field(
        None,
        validation_alias="LINKAGE_DATABASE_ROOM",
        description="Megabytes that each database may grow to, where its disk cannot be seen; the reserve is the last "
        "part of them. Without it: no limit.",
    )
    alert_recipients_file: Path | None = Field(
        None,
        validation_alias="LINKAGE_ALERT_RECIPIENTS_FILE",
        description="Who is told of alerts, one a line: name, mail, sms or webhook, address, and `page` for whoever is "
        "told only of what cannot wait. Without it: alerts are kept and shown, and sent to nobody.",
    )
    alert_repeat: Annotated[int, Field(ge=1, le=168)] = Field(
        4,
        validation_alias="LINKAGE_ALERT_REPEAT",
        description="Hours after which an alert that is still open is sent again.",
    )
    approval_alert_ping_url: GatewayUrl | None = Field(
        None,
        validation_alias="APPROVAL_ALERT_PING_URL",
        description="Address that the approval side's sender of alerts asks for every minute while it works: a "
        "dead-man's check, which tells somebody when that stops. Without it: nobody hears when the sender is dead.",
    )
    supervision_alert_ping_url: GatewayUrl | None = Field(
        None,
        validation_alias="SUPERVISION_ALERT_PING_URL",
        description="The same for the supervision side.",
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

    @model_validator(mode="after")
    def _kafka_is_of_a_piece(self) -> Self:
        if wrong := "\n".join(wrong_kafka(self)):
            raise ValueError(wrong)
        return self

    @property
    def log(self) -> LogAddress:
        """Where the log is, and how this part is let in."""
        return log_address(self)

    @property
    def key_file(self) -> Path:
        return self.master_key_file or self.data / "master.key"

    def signing_key_file(self, side: str) -> Path:
        return (self.signing_keys or self.key_file.parent) / f"signing-{side}.key"

    @property
    def erasures_file(self) -> Path:
        """Which parties were erased: beside the master key, for no backup of the databases may bring them back."""
        return self.key_file.with_name("erasures.jsonl")

    @property
    def entrance_key(self) -> Path:
        return self.entrance_key_file or self.data / "entrance.key"

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

    def address(self, port: int) -> str:
        """Where a web service on `port` is reached from this machine."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104
        scheme = "https" if self.tls_certificate_file else "http"
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


_TEST_ONLY = re.compile("LINKAGE_(TEST|BENCH)_")


def read_settings(**instead: object) -> Settings:
    """From the environment; `instead` are options of the command line, by field name, and win when not None."""
    names = {str(field.validation_alias) for field in Settings.model_fields.values()}
    for name in sorted(os.environ):
        if name.startswith("LINKAGE_") and name not in names and not _TEST_ONLY.match(name):
            near = get_close_matches(name, names, 1)
            raise SettingsWrong(
                f"{name}: there is no such setting" + (f" (did you mean {near[0]}?)" if near else ": remove it")
            )
    try:
        return Settings(**{name: value for name, value in instead.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        # `from None`: the values in the original may be passwords.
        raise SettingsWrong("\n".join(_wrong(error))) from None


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
