"""What the supervision side says of rules: a law, policy or standard was enacted, amended or repealed.

Every rule change is a stream of its own. Its events carry the whole content as it stands after them, so that a reader
needs no other event to act. Nothing in it is about a person: rules are public.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from events.approval import Said
from events.code_mappings import CodeKind
from events.regions import within


class Change(StrEnum):
    """What became of the rule: 颁布, 修订, 废止."""

    ENACTED = "enacted"
    AMENDED = "amended"
    REPEALED = "repealed"


class Norm(StrEnum):
    """What kind of rule it is: 法律法规规章, 政策文件, 标准."""

    LAW = "law"
    POLICY = "policy"
    STANDARD = "standard"


class Effect(StrEnum):
    """What happens, from the effective date on, to a decision that rests on what is repealed."""

    REFUSE = "refuse"
    FLAG = "flag"


class Document(Said):
    """A law, policy or standard as it is cited: by title, by document number, or by both."""

    title: str = ""
    number: str = ""


class Why(StrEnum):
    """Why a body must answer: it decided permits of the matter, the publisher named it, or the registers name it."""

    DECIDED = "decided"
    NAMED = "named"
    REGISTERED = "registered"


class BodyInScope(Said):
    """An approval body that must answer."""

    body: str
    name: str = ""
    why: Why


class OtherCode(Said):
    """A code under which a touched matter or region stands too, by the mappings of codes on the day of publication.

    ``only_region``: only for permits of this region and what lies in it; empty for all.
    """

    kind: CodeKind
    code: str
    stands_for: str
    only_region: str = ""


class RuleSaid(Said):
    """A rule change as it stands. ``matters`` and ``regions``: what it touches; an empty one restricts nothing.

    ``replaces``: what it repeals or puts itself in the place of. ``covers_matters``: every new decision of a touched
    matter meets ``effect``, not only those that name what is repealed.
    """

    kind: Change
    norm: Norm
    title: str
    issuing_body: str
    document_number: str
    effective_date: date
    text: str = ""
    attachment_sha256: str = ""
    readable_at: str = ""
    replaces: tuple[Document, ...] = ()
    matters: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    effect: Effect
    also: tuple[OtherCode, ...] = ()
    covers_matters: bool = False
    bodies: tuple[BodyInScope, ...] = ()
    department: str
    officer: str

    @property
    def all_regions(self) -> tuple[str, ...]:
        """Where it holds, under every code; empty for everywhere."""
        return (*self.regions, *(one.code for one in self.also if one.kind is CodeKind.REGION))

    @property
    def all_matters(self) -> tuple[str, ...]:
        """What it touches, under every code; empty for every matter."""
        return (*self.matters, *(one.code for one in self.also if one.kind is CodeKind.MATTER))

    def touches(self, matter: str, region: str) -> bool:
        """Tell whether it is about a permit of this matter in this region."""
        if not within(region, self.all_regions):
            return False
        return (
            not self.matters
            or matter in self.matters
            or any(
                one.code == matter and (not one.only_region or within(region, (one.only_region,)))
                for one in self.also
                if one.kind is CodeKind.MATTER
            )
        )


class RuleChanged(RuleSaid):
    """规则变更: it was published to the approval bodies."""


class RuleChangeCorrected(RuleSaid):
    """更正. ``changed`` names what differs from before; ``asks_again``: earlier answers do not answer this."""

    changed: tuple[str, ...]
    reason: str
    asks_again: bool


class RuleChangeWithdrawn(Said):
    """撤回: published by mistake. Nobody need answer any more, and no decision meets it."""

    reason: str
    officer: str
