"""Which kind of decision does a row state? The file does not say; what is known of the permit does.

A new number is 核发; a known one with a later end 延续; a stated ending 注销, 吊销, 撤销 or 撤回; other changed facts
变更, or 更正 when the clerk says so. What can be read in several ways waits with its candidates (``domain``: nothing is
guessed).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from events.approval import PermitStatus
from services.approval.decision import Kind
from services.approval.publication_file.published_permit import PublishedPermit
from services.approval.publication_file.stated_status import ENDINGS, StatedStatus, ended_as


@dataclass(frozen=True, slots=True)
class KnownPermit:
    """What is recorded of the permit that a row names. ``same``: the row states the same public and personal facts."""

    status: PermitStatus
    valid_to: date | None
    document_number: str
    decision_date: date
    same: bool


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The row says what is recorded already."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """The row can be read in several ways: a person chooses among ``candidates``."""

    candidates: tuple[Kind, ...]
    reason: str


_ENDING_KIND = {
    StatedStatus.SURRENDERED: Kind.SURRENDER,
    StatedStatus.REVOKED: Kind.REVOKE,
    StatedStatus.ANNULLED: Kind.ANNUL,
    StatedStatus.WITHDRAWN: Kind.WITHDRAW,
}
_ENDED_STATUS = {
    StatedStatus.SURRENDERED: PermitStatus.SURRENDERED,
    StatedStatus.REVOKED: PermitStatus.REVOKED,
    StatedStatus.ANNULLED: PermitStatus.ANNULLED,
    StatedStatus.WITHDRAWN: PermitStatus.WITHDRAWN,
}

_REISSUED = ("补发", "补办", "补证", "遗失")


def kind_of(
    row: PublishedPermit, known: KnownPermit | None, *, correction: bool = False
) -> Kind | Unchanged | Ambiguous:
    """Return the kind of decision that ``row`` states about a permit that is ``known``, or not.

    ``correction``: the clerk says that what differs is a wrong fact put right.
    """
    stated = row.status
    if stated is StatedStatus.NOT_GRANTED:
        return _refusal(known)
    if stated in ENDINGS:
        return _ending(stated, known)
    if stated is StatedStatus.ENDED:
        return _unclear_ending(row, known)
    if known is not None and known.same:
        return Unchanged()
    if stated in (StatedStatus.UNCLEAR, StatedStatus.DISPUTED):
        return Ambiguous((Kind.GRANT,) if known is None else (Kind.AMEND, Kind.CORRECT), "当前状态不明确")
    return _in_force(row, known, correction)


def _refusal(known: KnownPermit | None) -> Kind | Unchanged | Ambiguous:
    if known is None or known.status is PermitStatus.RETRACTED:
        return Kind.REFUSE
    if known.status is PermitStatus.REFUSED:
        return Unchanged()
    return Ambiguous((Kind.CORRECT,), "已有许可的编号报为不予许可")


def _ending(stated: StatedStatus, known: KnownPermit | None) -> Kind | Unchanged | Ambiguous:
    if known is None:
        return Ambiguous((_ENDING_KIND[stated],), "没有该许可的核发记录, 不能登记终止")
    if known.status is _ENDED_STATUS[stated]:
        return Unchanged()
    return _ENDING_KIND[stated]


def _unclear_ending(row: PublishedPermit, known: KnownPermit | None) -> Kind | Unchanged | Ambiguous:
    if known is not None and known.status in _ENDED_STATUS.values():
        return Unchanged()
    said = ended_as(row.document_name) or ended_as(row.remark)
    if len(said) == 1:
        return _ending(said.pop(), known)
    candidates = tuple(_ENDING_KIND[status] for status in _ENDING_KIND if status in said or not said)
    return Ambiguous(candidates, "许可已无效, 但没有说明是注销、吊销、撤销还是撤回")


def _in_force(row: PublishedPermit, known: KnownPermit | None, correction: bool) -> Kind | Ambiguous:
    if known is None or known.status in (PermitStatus.REFUSED, PermitStatus.RETRACTED):
        return Kind.GRANT
    if correction:
        return Kind.CORRECT
    if known.status is not PermitStatus.VALID:
        return Ambiguous((Kind.GRANT, Kind.CORRECT), "已终止的许可又报为有效")
    if row.decision_date < known.decision_date:
        return Ambiguous((Kind.CORRECT,), "决定日期早于已记录的决定, 可能是旧数据")
    if known.valid_to is not None and (row.long_term or (row.valid_to is not None and row.valid_to > known.valid_to)):
        return Kind.RENEW
    same_term = known.valid_to == row.valid_to
    if same_term and any(word in text for word in _REISSUED for text in (row.document_name, row.remark)):
        return Kind.REISSUE
    return Kind.AMEND
