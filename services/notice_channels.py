"""How a notice goes out: by mail (SMTP), by a gateway of text messages, or to an officer's own webhook (HTTP POST).

Each send bears the notice's id, by which the other end knows a repeat. What went wrong is told without the address.
"""

from __future__ import annotations

import hashlib
import hmac
import smtplib
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Protocol
from urllib.parse import unquote, urlsplit

import httpx
import orjson

from services.notices import Channel, Notice

SECONDS = 10.0


class Undelivered(Exception):
    """It did not go out. ``lasting``: trying again is of no use. The text names what answered, never whom."""

    def __init__(self, reason: str, *, lasting: bool = False) -> None:
        super().__init__(reason)
        self.lasting = lasting


class Sending(Protocol):
    """One way out. ``delivered`` when an answer means that it has arrived, not only that somebody took it on."""

    delivered: bool

    def send(self, address: str, notice: Notice, now: datetime) -> None:
        """Hand it over, or raise ``Undelivered``."""
        ...


class Mail:
    """A mail server: ``smtp://`` (with STARTTLS where it is offered) or ``smtps://``, ``user:password@`` or none."""

    delivered = False

    def __init__(self, url: str, sender: str, context: ssl.SSLContext | None = None) -> None:
        self.server = urlsplit(url)
        self.sender = sender
        self.context = context or ssl.create_default_context()

    def send(self, address: str, notice: Notice, now: datetime) -> None:
        message = EmailMessage()
        message["From"], message["To"] = self.sender, address
        message["Subject"] = f"审管联动: {notice.subject}"
        message["Date"] = format_datetime(now)
        message["Message-ID"] = f"<{notice.id}@{self.sender.partition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(notice.text)
        try:
            server = self._connected()
            try:
                server.send_message(message)
            finally:
                # It was taken or it was not: how the server says goodbye must not have it sent again.
                with suppress(smtplib.SMTPException, OSError):
                    server.quit()
                server.close()
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise Undelivered(f"smtp {codes[0]}", lasting=all(code >= 500 for code in codes)) from None
        except smtplib.SMTPResponseException as error:
            lasting = error.smtp_code >= 500 and not isinstance(error, smtplib.SMTPAuthenticationError)
            raise Undelivered(f"smtp {error.smtp_code}", lasting=lasting) from None
        except (smtplib.SMTPException, OSError) as error:
            raise Undelivered(type(error).__name__) from None

    def _connected(self) -> smtplib.SMTP:
        host, user = self.server.hostname or "", unquote(self.server.username or "")
        if self.server.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, self.server.port or 465, timeout=SECONDS, context=self.context
            )
        else:
            server = smtplib.SMTP(host, self.server.port or 25, timeout=SECONDS)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=self.context)
            elif user:
                server.close()
                raise Undelivered("no TLS for the password")
        if user:
            server.login(user, unquote(self.server.password or ""))
        return server


SIGNATURE = "Linkage-Signature"


def signed(secret: bytes, body: bytes, at: datetime) -> str:
    """Return ``t=<seconds since 1970>,v1=<hexadecimal HMAC-SHA-256 of "t.body">``: whoever knows the secret can tell
    that it came from here, and when."""
    stamp = str(int(at.timestamp()))
    return f"t={stamp},v1={hmac.new(secret, stamp.encode() + b'.' + body, hashlib.sha256).hexdigest()}"


class Posting:
    """An address that takes a signed POST: the site's gateway of text messages at ``url``, or each officer's own."""

    def __init__(self, secret: bytes, url: str = "") -> None:
        self.secret = secret
        self.url = url
        self.delivered = not url
        # No proxy of the surroundings, and no going where an answer points: the address is whom it was meant for.
        self.client = httpx.Client(timeout=SECONDS, trust_env=False, follow_redirects=False)

    def send(self, address: str, notice: Notice, now: datetime) -> None:
        said: dict[str, object] = {"notice": str(notice.id), "text": notice.text}
        said |= {"to": address} if self.url else {"items": [str(item) for item in notice.items]}
        body = orjson.dumps(said)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": str(notice.id),
            SIGNATURE: signed(self.secret, body, now),
        }
        try:
            answer = self.client.post(self.url or address, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Undelivered(type(error).__name__) from None
        if not answer.is_success:
            lasting = 400 <= answer.status_code < 500 and answer.status_code not in (401, 403, 408, 425, 429)
            raise Undelivered(f"http {answer.status_code}", lasting=lasting)


Ways = Mapping[Channel, Callable[[], Sending]]
"""How to open each channel that the site has."""
