"""Who is this party? Asked of the approval side, which alone can find or register one.

While it does not answer nothing is recorded: what was asked is refused, and may be sent again as it is.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol
from uuid import UUID

import httpx
import structlog

from services.party_resolution import KEYS, MOST_AT_ONCE, PATH, AskedParties, AskedParty, ResolvedParties, ResolvedParty
from services.refusing import Refused, Rule

log = structlog.get_logger()

REGISTER_AWAY = Rule(
    "party_register_away",
    "暂时无法向审批侧核对行政相对人, 本次没有受理, 也没有登记任何内容。",
    "请稍后原样重新提交; 若持续如此, 请联系运维人员检查审批侧服务 (APPROVAL_SERVICE_URL)。",
)


class RegisterAway(Refused):
    """The approval side does not answer. Nothing was recorded."""

    def __init__(self) -> None:
        super().__init__(REGISTER_AWAY)


class PartyRegister(Protocol):
    def resolve(self, asked: Sequence[AskedParty]) -> list[ResolvedParty | None]:
        """Answer in the order asked, None for an erased party; or raise ``RegisterAway``."""
        ...

    def key_of(self, party: UUID) -> bytes | None:
        """Return the key of a party's personal facts, None when it was erased; or raise ``RegisterAway``."""
        ...


def _authorities() -> ssl.SSLContext:
    """Return whom this machine believes about certificates: a site's own authority is none of the public ones."""
    return ssl.create_default_context()


@contextmanager
def _or_away() -> Iterator[None]:
    try:
        yield
    except (httpx.HTTPError, ValueError, AttributeError) as error:
        # The kind of error only: its text may repeat what was asked. ValueError: no answer of the kind that was asked.
        status = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else None
        log.warning("party_register_away", error=type(error).__name__, status=status)
        raise RegisterAway from None


class HttpPartyRegister:
    """The approval side's web service at ``url``. ``key``: a machine key, where it asks for one; ``token``: what it
    wants to see instead at an open door, before it hands out a party's key. Safe for several threads."""

    def __init__(self, url: str, key: str = "", timeout: float = 10.0, token: str = "") -> None:
        # No proxy of the surroundings: this is a call between two services of one site, and it carries personal facts.
        shown = {"Authorization": f"Bearer {key}"} if key else {}
        self._keys_for = {"Authorization": f"Bearer {key or token}"}
        self.client = httpx.Client(base_url=url, headers=shown, timeout=timeout, trust_env=False, verify=_authorities())

    def resolve(self, asked: Sequence[AskedParty]) -> list[ResolvedParty | None]:
        found: list[ResolvedParty | None] = []
        for begin in range(0, len(asked), MOST_AT_ONCE):
            found += self._resolve(asked[begin : begin + MOST_AT_ONCE])
        return found

    def _resolve(self, asked: Sequence[AskedParty]) -> list[ResolvedParty | None]:
        body = AskedParties.model_construct(parties=list(asked)).model_dump_json()
        with _or_away():
            answer = self.client.post(PATH, content=body, headers={"Content-Type": "application/json"})
            answer.raise_for_status()
            found = ResolvedParties.model_validate_json(answer.content).parties
        if len(found) != len(asked):
            log.warning("party_register_away", error="another number of answers", status=answer.status_code)
            raise RegisterAway
        return found

    def key_of(self, party: UUID) -> bytes | None:
        with _or_away():
            answer = self.client.post(KEYS, json={"parties": [str(party)]}, headers=self._keys_for)
            answer.raise_for_status()
            key = answer.json().get(str(party))
            return None if key is None else bytes.fromhex(key)

    def close(self) -> None:
        self.client.close()
