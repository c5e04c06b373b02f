"""How one side tells the other of its checkpoint: the note, a proof from what the other holds, and what it holds.

Either side announces this over and over, so nothing is asked and nothing can get lost: what the other says it holds is
the size from which the next proof begins. What was heard is anybody's text until ``services.checkpoints`` checks it.
"""

from __future__ import annotations

import base64
import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from events.proof.checkpoint import LONGEST_NOTE
from events.proof.signing import Algorithm, PublicKey
from events.proof.tree import LONGEST_PROOF

MOST_KEYS = 8
_WRITTEN_OUT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def _bytes_of(text: str) -> bytes:
    """Read base64 that is written as one would: bytes have one text alone, or two readers of a file say two things."""
    found = base64.b64decode(text, validate=True)
    if base64.b64encode(found).decode() != text:
        raise ValueError("not written as base64 is")
    return found


def _is_base64(text: str) -> str:
    _bytes_of(text)
    return text


def _is_written_out(moment: object) -> object:
    """Refuse what only some readers take for a time: ``2026-11-24 01:00Z``, ``1764000000``."""
    if not isinstance(moment, datetime | None) and not (isinstance(moment, str) and _WRITTEN_OUT.fullmatch(moment)):
        raise ValueError("not a time by RFC 3339")
    return moment


Base64 = Annotated[str, Field(max_length=200), AfterValidator(_is_base64)]
Moment = Annotated[datetime, BeforeValidator(_is_written_out)]
Size = Annotated[int, Field(ge=0, lt=10**18)]


class SpokenKey(BaseModel):
    """A public key as it is published."""

    model_config = ConfigDict(frozen=True)

    id: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    algorithm: Algorithm
    public: Base64
    valid_from: Moment
    valid_until: Moment | None

    def key(self) -> PublicKey:
        """Return the key, or raise ``ValueError`` where it is none, or not the one that it is called."""
        key = PublicKey(self.name, self.algorithm, base64.b64decode(self.public), self.valid_from, self.valid_until)
        if key.id != self.id:
            raise ValueError("another key than it is called")
        return key


class Holding(BaseModel):
    """The newest checkpoint that somebody holds of somebody else's ledger, and found to follow from the one before."""

    model_config = ConfigDict(frozen=True)

    origin: Annotated[str, Field(max_length=200)]
    size: Size
    root: Base64


class Spoken(BaseModel):
    """``proof`` shows that the tree of ``note`` (None: nothing is signed yet) is the one of ``since`` leaves, grown.
    ``holds``: of the other side."""

    model_config = ConfigDict(frozen=True)

    note: Annotated[str, Field(max_length=LONGEST_NOTE)] | None = None
    keys: Annotated[list[SpokenKey], Field(max_length=MOST_KEYS)] = []
    since: Size = 0
    proof: Annotated[list[Base64], Field(max_length=LONGEST_PROOF)] = []
    holds: Holding | None = None


def spoken_key(key: PublicKey) -> SpokenKey:
    return SpokenKey(
        id=key.id,
        name=key.name,
        algorithm=key.algorithm,
        public=base64.b64encode(key.public).decode(),
        valid_from=key.valid_from,
        valid_until=key.valid_until,
    )


def in_base64(hashes: list[bytes]) -> list[str]:
    return [base64.b64encode(one).decode() for one in hashes]


def of_base64(texts: list[str]) -> list[bytes]:
    return [_bytes_of(one) for one in texts]


def as_said(spoken: Spoken) -> dict[str, Any]:
    return spoken.model_dump(mode="json")
