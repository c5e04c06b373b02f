"""What a setting may look like: each kind refuses what it cannot be with what to give instead, never with the value."""

import re
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, Field
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from services.nightly import hour_of
from services.notices import Quiet
from services.webhooks.targets import Allowed


def _database_url(given: str) -> str:
    try:
        url = make_url(given)
    except ArgumentError:
        url = None
    if url is None or url.drivername.split("+")[0] not in ("postgresql", "postgres") or not url.database:
        raise ValueError("give a PostgreSQL address with its database: postgresql://user@host:5432/approval")
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def _log_url(given: str) -> str:
    if given == "embedded:" or re.fullmatch(r"kafka://[^/\s:]+:\d{1,5}(,[^/\s:]+:\d{1,5})*/?", given):
        return given
    raise ValueError("give embedded: (the ledger itself, no broker) or kafka://host:port")


def _service_url(given: str) -> str:
    if re.fullmatch(r"https?://[^/\s@]+/?", given):
        return given.rstrip("/")
    raise ValueError("give the address of a web service: http://host:port")


def _mail_url(given: str) -> str:
    if re.fullmatch(r"smtps?://([^/\s@:]+:[^/\s@]+@)?[^/\s@:]+(:\d{1,5})?/?", given):
        return given.rstrip("/")
    raise ValueError("give a mail server: smtp://host:25, or smtps://user:password@host:465")


def _http_url(what_for: str) -> Callable[[str], str]:
    def address(given: str) -> str:
        if re.fullmatch(r"https?://[^/\s@]+(/\S*)?", given):
            return given
        raise ValueError(f"give an address that {what_for}: https://host/path, without a user name")

    return address


def _sender(given: str) -> str:
    if re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", given):
        return given
    raise ValueError("give a mail address: linkage@example.cn")


def _quiet(given: str) -> str:
    Quiet.of(given)
    return given


def _hour(given: str) -> str:
    try:
        hour_of(given)
    except ValueError:
        raise ValueError("give an hour in China as 02:30, or never") from None
    return given


def _targets(given: str) -> str:
    Allowed.of(given)
    return given


DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
LogUrl = Annotated[str, AfterValidator(_log_url)]
ServiceUrl = Annotated[str, AfterValidator(_service_url)]
Port = Annotated[int, Field(ge=1, le=65535)]
MailUrl = Annotated[str, AfterValidator(_mail_url)]
GatewayUrl = Annotated[str, AfterValidator(_http_url("takes a POST"))]
AskedUrl = Annotated[str, AfterValidator(_http_url("is asked by GET"))]
Sender = Annotated[str, AfterValidator(_sender)]
QuietHours = Annotated[str, AfterValidator(_quiet)]
NightHour = Annotated[str, AfterValidator(_hour)]
WebhookTargets = Annotated[str, AfterValidator(_targets)]
