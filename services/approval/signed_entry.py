"""A request whose batch may be signed: checked before any of it is decided, and refused as a whole when it is wrong."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Header

from events.database import raw
from services.approval import batch_signature, signing_keys
from services.approval.batch_signature import MALFORMED, NO_CANONICAL_FORM, Demand, SignedBatch, SignedItem
from services.approval.handling import Desk
from services.problems import Problem
from services.refusing import Refused, Rule

Signature = Annotated[
    str | None,
    Header(max_length=300, description="报送单位对整批的签名：key=密钥编号,sig=Base64。"),
]


def not_signed_so(rule: Rule, field: str = "") -> Problem:
    status = 422 if rule in (MALFORMED, NO_CANONICAL_FORM) else 403
    more = {"field": field} if field else {}
    return Problem(status, rule.code, "签名未通过核验", rule.text, rule.repair, **more)


@dataclass(frozen=True, slots=True)
class SignedEntry:
    """``batch``: the signed batch that the items are; None when they are not signed."""

    desk: Desk
    batch: SignedBatch | None

    @classmethod
    def of(cls, desk: Desk, header: str | None, items: Sequence[Any]) -> SignedEntry:
        """Check the signature of a request; a Problem when it is wrong."""
        if header is None:
            return cls(desk, None)
        now = datetime.now(UTC)
        try:
            with desk.engine.connect() as connection:
                keys = signing_keys.keys_for(raw(connection), [batch_signature.key_named(header)], [], now)
            return cls(desk, batch_signature.check(header, items, keys, now))
        except Refused as refused:
            raise not_signed_so(refused.rule, refused.field) from None

    def item(self, index: int) -> SignedItem | None:
        return SignedItem(self.batch, index) if self.batch else None

    def fit(self, bodies: Collection[str]) -> None:
        """Raise the Problem of decisions that are not signed by their own body, or not where that is demanded."""
        signing: Collection[str] = ()
        if bodies and self.batch is None and self.desk.demand is Demand.REGISTERED:
            with self.desk.engine.connect() as connection:
                signing = signing_keys.keys_for(raw(connection), [], set(bodies), datetime.now(UTC)).signing
        try:
            batch_signature.fits(self.batch, bodies, signing, self.desk.demand)
        except Refused as refused:
            raise not_signed_so(refused.rule, refused.field) from None
