"""A rule change as policy staff, a file or another system states it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from events.rule_changes import Change, Effect, Norm
from services.stated import Code, LegalDate, Required, Stated, Text

MatterCode = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9A-Za-z]{1,60}$")]
RegionCode = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^([0-9]{6}|[0-9]{12})$")]
Digest = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^([0-9a-f]{64})?$")]
LongText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200_000, pattern=r"^[^\x00]*$")]


class StatedDocument(Stated):
    """A law, policy or standard as it is cited: by title, by document number, or by both."""

    title: Text = ""
    number: Text = ""


class Publication(Stated):
    """What is published. An empty ``matters`` is every matter, an empty ``regions`` everywhere; not both.

    ``effect``: without one, the setting of this side. ``bodies``: must answer besides those that are found.
    """

    kind: Change
    norm: Norm
    title: Required
    issuing_body: Required
    document_number: Required
    effective_date: LegalDate
    text: LongText = ""
    attachment_sha256: Digest = ""
    readable_at: Text = ""
    replaces: Annotated[tuple[StatedDocument, ...], Field(max_length=100)] = ()
    matters: Annotated[tuple[MatterCode, ...], Field(max_length=500)] = ()
    regions: Annotated[tuple[RegionCode, ...], Field(max_length=500)] = ()
    effect: Effect | None = None
    covers_matters: bool = False
    bodies: Annotated[tuple[Code, ...], Field(max_length=500)] = ()
    department: Code
    officer: Code


class Correction(Publication):
    """The whole content as it is right, and why. ``asks_again``: without it, when more than wording differs."""

    reason: Required
    asks_again: bool | None = None


class Withdrawal(Stated):
    reason: Required
    officer: Code
