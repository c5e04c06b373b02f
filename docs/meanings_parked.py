"""What each field of the events about parked records means; see ``docs/meanings.py``."""

from __future__ import annotations

from collections.abc import Mapping

EVENTS: Mapping[str, str] = {
    "record_skipped": "跳过. Two people decided that a parked record is passed over for good.",
    "record_replaced": "更正取代. A parked record is passed over because the bureau's correction stands in its place.",
    "correction_requested": "请求更正. A decision cannot be applied; its bureau is asked to correct it.",
}

_PASSED_OVER = ("record_skipped", "record_replaced")
_OF_THE_RECORD = {
    "reader": "Who passes it over: `intake` or `told`.",
    "stream": "Its stream on the other side, such as a permit.",
    "version": "Its version there, which counts as seen from here on.",
    "type": "Its type as it came; `unreadable` when the record could not be read.",
    "position": "Its number in the ledger there; 0 when it could not be read.",
    "reason": "Why, in the words of who asked. It names no person.",
    "asked_by": "Who asked, by staff number.",
    "asked_at": "When.",
}

FIELDS: Mapping[str, str] = {
    **{f"{event}.{field}": meaning for event in _PASSED_OVER for field, meaning in _OF_THE_RECORD.items()},
    "record_skipped.consented_by": "Who consented, by staff number: another person.",
    "record_skipped.consented_at": "When.",
    "record_replaced.replaced_by": "The version of the same stream that stands in its place.",
    "correction_requested.permit": "The permit.",
    "correction_requested.permit_version": "The version that cannot be applied.",
    "correction_requested.type": "Its type.",
    "correction_requested.fault": "The kind of fault, as it is shown where the record is parked; never contents.",
    "correction_requested.reason": "What the operator says to the bureau. It names no person.",
    "correction_requested.requested_by": "The operator, by staff number.",
    "correction_requested.requested_on": "Day in China.",
}
