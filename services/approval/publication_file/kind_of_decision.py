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
from services.approval.publication_file.stated_status import ENDINGS, StatedStatus


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


def kind_of(
    row: PublishedPermit, known: KnownPermit | None, *, correction: bool = False
) -> Kind | Unchanged | Ambiguous:
    """Return the kind of decision that ``row`` states about a permit that is ``known``, or not.

    ``correction``: the clerk says that what differs is a wrong fact put right.
    """
    stated = row.status
    if stated is StatedStatus.NOT_GRANTED:
        if known is None:
            return Kind.REFUSE
        return (
            Unchanged()
            if known.status is PermitStatus.REFUSED
            else Ambiguous((Kind.CORRECT,), "已有许可的编号报为不予许可")
        )
    if stated in ENDINGS:
        return _ending(stated, known)
    if stated is StatedStatus.ENDED:
        return _unclear_ending(known)
    if stated in (StatedStatus.UNCLEAR, StatedStatus.DISPUTED):
        return Ambiguous((Kind.GRANT,) if known is None else (Kind.AMEND, Kind.CORRECT), "当前状态不明确")
    return _in_force(row, known, correction)


def _ending(stated: StatedStatus, known: KnownPermit | None) -> Kind | Unchanged | Ambiguous:
    if known is None:
        return Ambiguous((_ENDING_KIND[stated],), "没有该许可的核发记录, 不能登记终止")
    if known.status is _ENDED_STATUS[stated]:
        return Unchanged()
    return _ENDING_KIND[stated]


def _unclear_ending(known: KnownPermit | None) -> Unchanged | Ambiguous:
    if known is not None and known.status in _ENDED_STATUS.values():
        return Unchanged()
    return Ambiguous(tuple(_ENDING_KIND.values()), "许可已无效, 但没有说明是注销、吊销、撤销还是撤回")


def _in_force(row: PublishedPermit, known: KnownPermit | None, correction: bool) -> Kind | Unchanged | Ambiguous:
    if known is None or known.status in (PermitStatus.REFUSED, PermitStatus.RETRACTED):
        return Kind.GRANT
    if known.same:
        return Unchanged()
    if correction:
        return Kind.CORRECT
    if known.status is not PermitStatus.VALID:
        return Ambiguous((Kind.GRANT, Kind.CORRECT), "已终止的许可又报为有效")
    if row.decision_date < known.decision_date:
        return Ambiguous((Kind.CORRECT,), "决定日期早于已记录的决定, 可能是旧数据")
    if known.valid_to is not None and (row.long_term or (row.valid_to is not None and row.valid_to > known.valid_to)):
        return Kind.RENEW
    return Kind.AMEND
