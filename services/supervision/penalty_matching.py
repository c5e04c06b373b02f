"""Which permits does a penalty touch? The certificates that it names, among the permits of its party; else the party.

Pure. A number counts as named when it stands in the text whole: width, case, spaces, hyphens, brackets and 第…号 do not
count. One that is only alike is never taken: it becomes a candidate that an officer confirms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

from events.penalties import Candidate, How, MatchedPermit
from services.party_resolution import HIDDEN

MOST_CANDIDATES = 20
_BETWEEN = r"[\s\-_()\[\]〔〕【】〈〉<>《》第号:.·]*"
_SEPARATORS = re.compile(r"[、,;/|\n\r]+")
_NUMBER = re.compile(r"[A-Z0-9](?:[\-]?[A-Z0-9])*")
_NOTHING = frozenset(("", "无", "暂无", "空", "没有", "不详", "NULL", "NONE", "-", "--", "—"))
_SHORTEST_NUMBER = 5


class Why(StrEnum):
    """Why something of a penalty waits for a person."""

    PARTY_WITHOUT_PERMITS = "party_without_permits"
    CERTIFICATE_UNCLEAR = "certificate_unclear"


@dataclass(frozen=True, slots=True)
class PermitOfParty:
    """A permit of the penalty's party, as the watch lists have it. ``since``: the day of its first decision."""

    permit: UUID
    deciding_body: str
    permit_number: str
    certificate_name: str = ""
    document_number: str = ""
    valid: bool = True
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """``matches``: the whole set that is touched. With a ``reason`` some of it waits: ``sought`` found no permit."""

    matches: tuple[MatchedPermit, ...] = ()
    reason: Why | None = None
    sought: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()


def names_nothing(named: str) -> bool:
    """Tell whether a penalty names no certificate, and so is one of its party."""
    return plain(named).strip() in _NOTHING


def match(named: str, permits: Iterable[PermitOfParty], on: date) -> Found:
    """Find the permits that a penalty of the day ``on`` touches among ``permits``, the party's; ``named`` as in
    CF_NR_ZKDX.

    By the party it touches those that were granted by that day: what is granted later is granted in its knowledge.
    """
    party = sorted(permits, key=lambda permit: permit.permit)
    if names_nothing(named):
        return _by_party(party, on)
    by_number, sought = ([], {HIDDEN: HIDDEN}) if named == HIDDEN else _read(plain(named), party)
    if not sought:
        return Found(tuple(by_number))
    known = {one.permit for one in by_number}
    others = [permit for permit in party if permit.permit not in known]
    candidates = _candidates(sought, others)
    matches = tuple(by_number)
    if not matches and not any(one.certificate for one in candidates):
        # Nothing that it names is like anything the party has: it touches the party, whatever is still sought.
        matches = _by_party(party, on).matches
    return Found(matches, Why.CERTIFICATE_UNCLEAR if party else Why.PARTY_WITHOUT_PERMITS, tuple(sought), candidates)


def _by_party(party: Sequence[PermitOfParty], on: date) -> Found:
    matches = tuple(
        MatchedPermit(
            permit=one.permit, deciding_body=one.deciding_body, permit_number=one.permit_number, how=How.PARTY
        )
        for one in party
        if one.valid and (one.since is None or one.since <= on)
    )
    return Found(matches) if matches else Found(reason=Why.PARTY_WITHOUT_PERMITS)


def plain(text: str) -> str:
    """Return ``text`` half-width and in upper case."""
    return unicodedata.normalize("NFKC", text).upper()


@lru_cache(maxsize=4096)
def squeezed(number: str) -> str:
    """Return a form in which two writings of one number are equal."""
    return re.sub(_BETWEEN, "", plain(number))


def _read(text: str, party: Sequence[PermitOfParty]) -> tuple[list[MatchedPermit], dict[str, str]]:
    """Return the permits whose number (or document, or sole certificate of that name) ``text`` names; and what else it
    names, as it stands there, with the number in it."""
    named: dict[UUID, MatchedPermit] = {}
    spans: list[tuple[int, int]] = []
    # The longest first: where one number stands within another, what is written is the longer one.
    for permit, number in sorted(_numbers(party), key=lambda one: (-len(one[1]), one[0].permit)):
        for found in _written(number).finditer(text):
            if not any(_within(found.span(), span) for span in spans):
                spans.append(found.span())
                named.setdefault(permit.permit, _matched(permit, found[0].strip()))
    sought: dict[str, str] = {}
    for begin, item in _items(text):
        within = [span for span in spans if _within(span, (begin, begin + len(item)), equal=True)]
        numbers = [n[0] for n in _number_like(item) if not any(_overlap(begin, n, span) for span in within)]
        if numbers:
            sought |= {item.strip(): numbers[0]} if len(numbers) == 1 and not within else {n: n for n in numbers}
        elif not within and item.strip() not in _NOTHING:
            alone = [one for one in party if one.valid and _names(item, one.certificate_name)]
            if len(alone) == 1:
                named.setdefault(alone[0].permit, _matched(alone[0], item.strip()))
            else:
                sought[item.strip()] = ""
    return sorted(named.values(), key=lambda one: one.permit), sought


def _within(one: tuple[int, int], other: tuple[int, int], *, equal: bool = False) -> bool:
    return other[0] <= one[0] and one[1] <= other[1] and (equal or one != other)


def _numbers(party: Sequence[PermitOfParty]) -> Iterator[tuple[PermitOfParty, str]]:
    for permit in party:
        for number in {squeezed(permit.permit_number), squeezed(permit.document_number)}:
            if len(number) >= _SHORTEST_NUMBER and any(char.isdigit() for char in number):
                yield permit, number


@lru_cache(maxsize=4096)
def _written(number: str) -> re.Pattern[str]:
    """Return what finds ``number`` in a text however it is spaced, and not as a part of a longer one."""
    inner = _BETWEEN.join(map(re.escape, number))
    before = "(?<![A-Z0-9])" if number[0].isascii() else ""
    after = "(?![A-Z0-9])" if number[-1].isascii() else ""
    return re.compile(before + inner + after)


def _items(text: str) -> Iterator[tuple[int, str]]:
    begin = 0
    for separator in _SEPARATORS.finditer(text):
        yield begin, text[begin : separator.start()]
        begin = separator.end()
    yield begin, text[begin:]


def _number_like(item: str) -> Iterator[re.Match[str]]:
    for found in _NUMBER.finditer(item):
        if len(squeezed(found[0])) >= _SHORTEST_NUMBER and any(char.isdigit() for char in found[0]):
            yield found


def _overlap(begin: int, number: re.Match[str], span: tuple[int, int]) -> bool:
    return begin + number.start() < span[1] and span[0] < begin + number.end()


def _names(item: str, certificate_name: str) -> bool:
    name = squeezed(certificate_name)
    return bool(name) and name in squeezed(item)


def _matched(permit: PermitOfParty, certificate: str) -> MatchedPermit:
    return MatchedPermit(
        permit=permit.permit,
        deciding_body=permit.deciding_body,
        permit_number=permit.permit_number,
        how=How.CERTIFICATE,
        certificate=certificate,
    )


def _candidates(sought: Mapping[str, str], party: Sequence[PermitOfParty]) -> tuple[Candidate, ...]:
    """Return the permits that ``sought`` may mean: those that are alike first, then the party's others."""
    ranked = sorted(((*_likest(permit, sought), permit.permit, permit) for permit in party), key=lambda one: one[:4])
    return tuple(
        Candidate(
            permit=permit.permit,
            deciding_body=permit.deciding_body,
            permit_number=permit.permit_number,
            certificate=text,
        )
        for *_, text, _, permit in ranked[:MOST_CANDIDATES]
    )


def _likest(permit: PermitOfParty, sought: Mapping[str, str]) -> tuple[bool, int, str]:
    """Return whether nothing sought is like ``permit``, how unlike it is, and what of it is meant."""
    number = squeezed(permit.permit_number)
    name = squeezed(permit.certificate_name)
    best = (True, 0, "")
    for text, token in sought.items():
        if not token:
            if _names(text, name):
                best = min(best, (False, 0, text))
            continue
        written = {squeezed(token), squeezed(text), squeezed(text).replace(name, "") if name else squeezed(text)}
        distance = min(unlikeness(one, number) for one in written)
        if distance <= max(1, len(number) // 5):
            best = min(best, (False, distance, text))
    return best


def unlikeness(one: str, other: str) -> int:
    """Return how many characters must be changed, added, left out or swapped with their neighbour to make ``other``."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, char in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (char != wanted))
            if i > 1 and j > 1 and char == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]
