"""Who is this party? What the supervision side asks of the approval side, and what it is answered.

Party ids are random and found by a keyed fingerprint that only the approval side can make. So whoever else has
something to say of a party asks there, and gets the opaque id, what may be shown, and the rest sealed under its key.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Base64Bytes, Field, model_validator

from events.approval import Party
from services.refusing import Rule
from services.stated import Stated, StatedParty, Text

PATH = "/api/v1/parties/resolve"
KEYS = "/internal/v1/subject-keys"
"""Where the keys of parties are handed out, the only place."""
MOST_AT_ONCE = 1000
HIDDEN = "（含个人信息，已隐去）"
"""Stands where a text named a person."""


PARTY_ERASED = Rule(
    "party_erased",
    "该行政相对人的个人信息已依法删除, 不能再以其名义登记。",
    "请核对证件号码; 确需登记的, 请联系系统管理员。",
)

Texts = Annotated[dict[str, Text], Field(max_length=20)]


class AskedParty(Stated):
    """A party as stated, or one that is known from an event; and texts about it, by name.

    ``free_texts`` of natural persons and 个体工商户 are sealed, whatever they say; any text is that names a person.
    ``words`` are texts about this event alone, which the mark leaves out.
    """

    party: StatedParty | None = None
    known: Party | None = None
    free_texts: Texts = Field(default_factory=dict)
    texts: Texts = Field(default_factory=dict)
    words: Texts = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.party is None) == (self.known is None):
            raise ValueError("party or known")
        return self


class ResolvedParty(Stated):
    """``texts``: every text that was asked about, as it may be shown. ``personal``: all the rest, encrypted. ``mark``
    tells whether anything personal changed, not what."""

    party: Party
    texts: dict[str, str]
    personal: Base64Bytes
    mark: str


class AskedParties(Stated):
    parties: Annotated[list[AskedParty], Field(min_length=1, max_length=MOST_AT_ONCE)]


class ResolvedParties(Stated):
    """In the order asked. ``null``: the party's personal facts were erased, and nothing more is recorded of it."""

    parties: list[ResolvedParty | None]
