"""The settings that say who is told, and how: notices to officers, webhooks to other systems, alerts to operators."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings

from services.setting_kinds import AskedUrl, GatewayUrl, MailUrl, QuietHours, Sender, WebhookTargets


class TellingSettings(BaseSettings):
    """Part of all settings."""

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
        "data folder, made with the first endpoint; production demands it where LINKAGE_WEBHOOK_TARGETS is set.",
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
    approval_alert_ping_url: AskedUrl | None = Field(
        None,
        validation_alias="APPROVAL_ALERT_PING_URL",
        description="Address that the approval side's sender of alerts asks for every minute while it works: a "
        "dead-man's check, which tells somebody when that stops. Without it: nobody hears when the sender is dead.",
    )
    supervision_alert_ping_url: AskedUrl | None = Field(
        None,
        validation_alias="SUPERVISION_ALERT_PING_URL",
        description="The same for the supervision side.",
    )
