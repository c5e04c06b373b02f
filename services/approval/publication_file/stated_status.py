"""What does 当前状态 (XK_ZT) say? Codes of two lists and free texts are in use.

The list of 2018, to which the 28 columns belong: 1 有效, 2 无效. The list before it: 0 正常, 1 撤销, 2 异议, 3 其他.
So a bare 1 is "valid" in the one and "annulled" in the other: a file that also carries 0 is of the older list.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache


class StatedStatus(Enum):
    """``ENDED`` is over without saying how; ``UNCLEAR`` can be read in several ways, or in none."""

    VALID = "有效"
    NOT_GRANTED = "不予许可"
    SURRENDERED = "注销"
    REVOKED = "吊销"
    ANNULLED = "撤销"
    WITHDRAWN = "撤回"
    EXPIRED = "届满"
    ENDED = "无效"
    DISPUTED = "异议"
    UNCLEAR = "不明"


ENDINGS = frozenset((StatedStatus.SURRENDERED, StatedStatus.REVOKED, StatedStatus.ANNULLED, StatedStatus.WITHDRAWN))

_CODES = {
    "0": StatedStatus.VALID,
    "1": StatedStatus.VALID,
    "2": StatedStatus.ENDED,
    "3": StatedStatus.UNCLEAR,
}
_WORDS = (
    (StatedStatus.NOT_GRANTED, ("不予许可", "不予行政许可", "不准予", "不予批准")),
    (StatedStatus.SURRENDERED, ("注销",)),
    (StatedStatus.REVOKED, ("吊销",)),
    (StatedStatus.ANNULLED, ("撤销",)),
    (StatedStatus.WITHDRAWN, ("撤回",)),
    (StatedStatus.EXPIRED, ("届满", "过期", "到期", "超期")),
    (StatedStatus.DISPUTED, ("异议",)),
    (StatedStatus.ENDED, ("无效", "失效", "终止", "废止", "作废", "非正常", "不正常", "已停用")),
)
_VALID = ("有效", "正常", "生效", "存续", "在用", "现行", "准予", "延续", "变更")


@lru_cache(maxsize=1024)
def read_status(text: str, *, older_list: bool = False) -> StatedStatus:
    """Return what ``text`` (stripped, half-width) says. ``older_list``: the file was seen to use the older codes."""
    code = text.removesuffix(".0").lstrip("0") or "0"
    if code in _CODES:
        contested = older_list and code in ("1", "2")
        return StatedStatus.UNCLEAR if contested else _CODES[code]
    found = {status for status, words in _WORDS if any(word in text for word in words)}
    found |= ended_as(text)
    if not found:
        return StatedStatus.VALID if any(word in text for word in _VALID) else StatedStatus.UNCLEAR
    # "无效(已注销)" says how it ended; "有效(原证已注销)" says two things at once.
    exact = found - {StatedStatus.ENDED}
    says_valid = any(word in text for word in ("有效", "正常")) and StatedStatus.ENDED not in found
    if says_valid or len(exact) > 1:
        return StatedStatus.UNCLEAR
    return exact.pop() if exact else StatedStatus.ENDED


def ended_as(*texts: str) -> set[StatedStatus]:
    """Return every way of ending that ``texts`` name."""
    return {status for status, words in _WORDS if status in ENDINGS and any(w in t for w in words for t in texts)}
