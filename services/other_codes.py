"""Under which other codes do matters and regions stand? Pure; both sides ask it.

Permits keep the codes that they were granted under: what is said about the new code is about those of the old one too,
and what is said with an old code is about what stands for it now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from events.code_mappings import CodeKind, CodeMapped
from events.rule_changes import OtherCode


def other_codes(
    matters: Iterable[str], regions: Iterable[str], mappings: Sequence[CodeMapped], day: date
) -> tuple[OtherCode, ...]:
    """Return the codes that stand for a stated one, or that it stands for, by the mappings that have begun on ``day``.

    A mapping that has ended counts: permits of its time are still there.
    """
    begun = [entry for entry in mappings if entry.valid_from <= day]
    found: dict[tuple[CodeKind, str, str], OtherCode] = {}
    for kind, codes in ((CodeKind.MATTER, matters), (CodeKind.REGION, regions)):
        of_kind = [entry for entry in begun if entry.kind is kind]
        stated = sorted(set(codes))
        for code in stated:
            for other, region in (*_older(code, of_kind), *_newer(code, of_kind)):
                if other not in stated:
                    found[kind, other, region] = OtherCode(kind=kind, code=other, stands_for=code, only_region=region)
    return tuple(found[key] for key in sorted(found))


def _older(code: str, mappings: Sequence[CodeMapped]) -> list[tuple[str, str]]:
    return _linked(code, [(entry.new, entry.old, entry.only_region) for entry in mappings])


def _newer(code: str, mappings: Sequence[CodeMapped]) -> list[tuple[str, str]]:
    return _linked(code, [(entry.old, entry.new, entry.only_region) for entry in mappings])


def _linked(code: str, links: Sequence[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """Follow links from ``code``, one after the other; each code found with the one region it is limited to, if any."""
    found: list[tuple[str, str]] = [(code, "")]
    for end, region in found:  # which grows while it is walked through
        for start, other, only_region in links:
            reached = (other, only_region or region)
            if start == end and other != code and reached not in found:
                found.append(reached)
    return found[1:]
