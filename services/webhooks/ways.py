"""How a site sends webhooks, as its settings say it."""

from __future__ import annotations

import ssl

from services.migrating import Side
from services.notice_ways import manner_of as manner_of_notices
from services.settings import Settings, SettingsWrong
from services.webhooks.sending import Manner
from services.webhooks.targets import Allowed


def manner_of(side: Side, settings: Settings) -> Manner:
    try:
        context = ssl.create_default_context(cafile=str(settings.webhook_ca_file) if settings.webhook_ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise SettingsWrong(f"LINKAGE_WEBHOOK_CA_FILE: cannot be read ({type(error).__name__})") from None
    return Manner(
        link=manner_of_notices(side, settings).link,
        key_file=settings.webhook_key,
        allowed=Allowed.of(settings.webhook_targets),
        context=context,
    )
