"""The ways out that a site's settings name, or what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from services.migrating import Side
from services.notice_channels import Mail, Posting, Sending, Ways
from services.notices import Channel, Quiet
from services.notifying import Manner
from services.settings import Settings, SettingsWrong

LEAST_SECRET = 32


def ways_of(settings: Settings) -> Ways:
    """Return how to open each channel; ``SettingsWrong`` when the secret is missing, or shorter than it may be."""
    smtp, sms, sender = settings.notice_smtp_url, settings.notice_sms_url, settings.notice_sender
    ways: dict[Channel, Callable[[], Sending]] = {}
    if smtp:
        ways[Channel.MAIL] = lambda: Mail(smtp, sender)
    if sms or settings.notice_secret_file:
        secret = _secret(settings)
        ways[Channel.WEBHOOK] = lambda: Posting(secret)
        if sms:
            ways[Channel.SMS] = lambda: Posting(secret, sms)
    return ways


def manner_of(side: Side, settings: Settings) -> Manner:
    port = settings.approval_port if side == "approval" else settings.supervision_port
    return Manner(
        link=settings.notice_link or settings.address(port),
        window=timedelta(seconds=settings.notice_window),
        quiet=Quiet.of(settings.notice_quiet),
        urged_always=settings.notice_urged == "always",
    )


def _secret(settings: Settings) -> bytes:
    name = "LINKAGE_NOTICE_SECRET_FILE"
    if settings.notice_secret_file is None:
        raise SettingsWrong(f"{name}: LINKAGE_NOTICE_SMS_URL needs it, to sign what is sent")
    try:
        secret = settings.notice_secret_file.read_bytes().strip()
    except OSError as error:
        raise SettingsWrong(f"{name}: cannot be read ({type(error).__name__})") from None
    if len(secret) < LEAST_SECRET:
        raise SettingsWrong(f"{name}: at least {LEAST_SECRET} characters, for example from `openssl rand -hex 32`")
    return secret
