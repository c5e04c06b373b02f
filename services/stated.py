"""What both sides take in alike: texts, codes and days as they are stated, and the party that something is said of.

Dates are legal dates in China. Nothing here is filled in when it is missing: a missing date stays missing.
"""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from events.approval import PartyKind

# No database keeps a NUL in a text: it would be recorded in the ledger and then refused by every list.
NO_NUL = r"^[^\x00]*$"
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000, pattern=NO_NUL)]
Required = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000, pattern=NO_NUL)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=NO_NUL)]
LegalDate = Annotated[date, Field(ge=date(1949, 10, 1))]
"""No permit in force is older; a day in the year 1 would not even survive the way to UTC and back."""


def _plain_number(text: str) -> str:
    """One number has one writing: half-width, upper case, no spaces. Another one would make another party of it."""
    return "".join(unicodedata.normalize("NFKC", text).upper().split())


class Stated(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Identifier = Annotated[Required, AfterValidator(_plain_number)]


class StatedParty(Stated):
    """行政相对人 as stated. ``identifier``: the USCC, or for a natural person the number of the identity document."""

    kind: PartyKind
    name: Required
    identifier: Identifier
    identifier_kind: Text = ""
    legal_representative: Text = ""
    representative_id_kind: Text = ""
    representative_id: Text = ""
    other_ids: dict[str, str] = Field(default_factory=dict)
