"""What each field of the events about completeness and daily statements means; see ``docs/meanings.py``."""

from __future__ import annotations

from collections.abc import Mapping

EVENTS: Mapping[str, str] = {
    "canary_sent": "巡检信号. About nothing: it shows that the way to the other side is open.",
    "canary_returned": "The newest canary was applied there.",
    "numbers_asked_for": "缺号重取. Numbers of the other side's ledger are missing here and are asked for again.",
    "numbers_arrived": "补齐. Every number of such a request has come.",
    "statement_drawn": "每日对账单. One side's half of a day of a deciding body and a department, or a supplement.",
    "statement_signed": "对账确认. The side agrees to the day.",
    "statement_disputed": "对账异议. The side does not agree, with the reason.",
}

_OF_STATEMENTS = ("statement_drawn", "statement_signed", "statement_disputed")
_OF_EVERY_STATEMENT = {
    "body": "The deciding body (许可机关), by its 18-character code.",
    "department": "The department that the pushes went to.",
    "day": "Day in China on which the pushes were recorded.",
    "part": "1 is the statement; 2, 3 … are supplements, drawn when something came late.",
    "pushes": "How many pushes the day has, late ones included.",
    "ids_hash": "SHA-256, in hexadecimal, over each push in the order of its number: the number (8 bytes, big-endian), "
    "then the id of its decision (16 bytes).",
}

FIELDS: Mapping[str, str] = {
    "canary": "Number of the canary: 1, 2, 3 … of the side that sends it.",
    **{f"{event}.{field}": meaning for event in _OF_STATEMENTS for field, meaning in _OF_EVERY_STATEMENT.items()},
    "statement_signed.officer": "Who signs, by staff number or short name.",
    "statement_disputed.officer": "Who disputes, by staff number or short name.",
    "numbers_asked_for.source": "Whose ledger the numbers are of: the other side's.",
    "numbers_arrived.source": "Whose ledger the numbers are of: the other side's.",
    "numbers_asked_for.runs": "The numbers; see NumberRun.",
    "numbers_arrived.runs": "The numbers; see NumberRun.",
    "asked": "How often these were asked for, this time included.",
    "numbers_asked_for.by": "Who asked: a staff number, or `linkage` where nobody had to.",
    "statement_drawn.runs": "The push numbers of the day; see NumberRun.",
    "statement_disputed.reason": "Why. It names no person.",
}

PARTS: Mapping[str, Mapping[str, str]] = {
    "NumberRun": {"first": "First number of a run without holes.", "last": "Last number of the run, included."},
}
