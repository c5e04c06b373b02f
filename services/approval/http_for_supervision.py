"""What the supervision side's service asks of this one: who a party is, and the key of what is sealed of it."""

from __future__ import annotations

import hmac
from typing import Annotated
from uuid import UUID

from fastapi import Header, Request
from pydantic import BaseModel, Field

from events.database import raw
from services.access.audit import Act, note, note_with
from services.access.entrance import entrance_of
from services.approval.http import Here
from services.approval.parties import subject_keys
from services.approval.resolving import resolve
from services.party_resolution import AskedParties, ResolvedParties
from services.problems import Problem

KEYS_AT_ONCE = 1000


class Keys(BaseModel):
    parties: Annotated[list[UUID], Field(max_length=KEYS_AT_ONCE)]


def hand_out_keys(
    office: Here, request: Request, body: Keys, authorization: Annotated[str, Header()] = ""
) -> dict[str, str]:
    """Hand the keys of parties to the supervision side: the one place where keys leave this service. At a door that
    knows who asks it takes the key of a service, as any route does; an open one asks for the site's token."""
    token = f"Bearer {office.key_token}".encode()
    if entrance_of(request.app).is_open and not hmac.compare_digest(authorization.encode(), token):
        raise Problem(403, "forbidden", "没有权限", "此接口只供监管侧服务使用。", "请检查两侧服务的主密钥是否一致。")
    with office.engine.begin() as connection:
        keys = subject_keys(raw(connection), office.desk.master, body.parties)
    note(request, Act.KEYS_HANDED_OUT, objects=keys)
    return {str(party): key.hex() for party, key in keys.items()}


def resolve_parties(office: Here, request: Request, body: AskedParties) -> ResolvedParties:
    """Say who each party is, registering the new ones: the opaque id, what may be shown, and the rest sealed under the
    party's own key. ``null`` for a party whose personal facts were erased."""
    with office.engine.begin() as connection:
        found = resolve(raw(connection), office.desk.master, body.parties)
        # With the registering of new ones: what cannot be written down is not registered either.
        note_with(raw(connection), request, Act.PARTIES_RESOLVED, [one.party.party_id for one in found if one])
    return ResolvedParties.model_construct(parties=found)
