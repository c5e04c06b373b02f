"""Who is told of alerts, and how: what a site's settings and its file of recipients say, or what is wrong with them.

A line of the file: a name, ``mail``, ``sms`` or ``webhook``, the address, and ``page`` for whoever is told only of what
cannot wait. ``#`` begins a remark. Names are what tables and pages show; addresses are nowhere but in the file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from services.migrating import Side
from services.notice_channels import Ways
from services.notice_ways import manner_of as manner_of_notices
from services.notice_ways import ways_of
from services.notices import Channel, Quiet
from services.settings import Settings, SettingsWrong

_NAME = "LINKAGE_ALERT_RECIPIENTS_FILE"
_NEEDS = {
    Channel.MAIL: "LINKAGE_NOTICE_SMTP_URL",
    Channel.SMS: "LINKAGE_NOTICE_SMS_URL",
    Channel.WEBHOOK: "LINKAGE_NOTICE_SECRET_FILE",
}
_ADDRESS = {
    Channel.MAIL: r"[^@\s<>,;]+@[^@\s<>,;]+",
    Channel.SMS: r"\+?\d{5,15}",
    Channel.WEBHOOK: r"https?://[^/\s@]+(/\S*)?",
}


class Recipient(NamedTuple):
    """``only_urgent``: told only of what somebody must get up for."""

    name: str
    channel: Channel
    address: str
    only_urgent: bool


@dataclass(frozen=True, slots=True)
class Manner:
    """How a side tells its operators. ``pages``: where browsers open its pages, for links into the runbook.
    ``ping``: asked for every minute while the sender works."""

    recipients: Sequence[Recipient]
    ways: Ways
    link: str
    pages: str
    quiet: Quiet | None
    repeat: timedelta
    ping: str | None


def manner_of(side: Side, settings: Settings) -> Manner:
    """``SettingsWrong`` names the line at fault, never what stands there."""
    ways, notices = ways_of(settings), manner_of_notices(side, settings)
    ping = settings.approval_alert_ping_url if side == "approval" else settings.supervision_alert_ping_url
    return Manner(
        read_recipients(settings, ways),
        ways,
        notices.link,
        settings.pages_of(side),
        notices.quiet,
        timedelta(hours=settings.alert_repeat),
        ping,
    )


def read_recipients(settings: Settings, ways: Ways) -> list[Recipient]:
    if settings.alert_recipients_file is None:
        return []
    try:
        lines = settings.alert_recipients_file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsWrong(f"{_NAME}: cannot be read ({type(error).__name__})") from None
    found: list[Recipient] = []
    for number, line in enumerate(lines, 1):
        words = line.split("#")[0].split()
        if words:
            found.append(_read(words, ways, f"{_NAME}: line {number}"))
    names = [(one.name, one.channel) for one in found]
    if len(set(names)) < len(names):
        raise SettingsWrong(f"{_NAME}: two lines have the same name and way: give each a name of its own")
    return found


def _read(words: Sequence[str], ways: Ways, place: str) -> Recipient:
    if len(words) not in (3, 4) or words[3:] not in ([], ["page"]):
        raise SettingsWrong(f"{place}: give name, mail, sms or webhook, address, and page or nothing")
    if words[1] not in list(Channel):
        raise SettingsWrong(f"{place}: the way is one of mail, sms, webhook")
    channel = Channel(words[1])
    if channel not in ways:
        raise SettingsWrong(f"{place}: {channel.value} needs {_NEEDS[channel]}")
    if not re.fullmatch(_ADDRESS[channel], words[2]):
        raise SettingsWrong(f"{place}: this is no address for {channel.value}")
    return Recipient(words[0], channel, words[2], len(words) == 4)
