"""Where an exported file was cut off: which record of whose ledger is the first that is not whole, and where it begins.

Nothing of such a file is proven, its head neither: this tells where to look, and what to ask for again.
``deploy/verify_linkage.py`` says the same in the same words; a test cuts files anywhere and holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeGuard

import orjson

from services.proof_file.layout import PROOF_FORMAT

HEAD, MANIFEST = b'{"checkpoint":', b'{"manifest":'
"""How the first and the last line begin: canonical JSON has its names in order."""
LARGEST = 2**63
SIDES = ("approval", "supervision")


@dataclass(frozen=True, slots=True)
class Torn:
    """``what`` is not whole; a ``line`` may be a record or the last line. ``position``: its number in the ledger of
    ``source``, None where the file does not say it; then it comes after record ``after`` (None: it would be the first).
    It is, or should be (``missing``), in ``line``, counted from 1, which begins ``offset`` bytes after the beginning of
    the file. ``whole``: how many records are."""

    what: Literal["head", "record", "manifest", "line"]
    source: str
    position: int | None
    after: int | None
    line: int
    offset: int
    missing: bool
    whole: int

    @property
    def words(self) -> str:
        place, how = f"第 {self.line} 行，从字节 {self.offset} 起", "缺失" if self.missing else "不完整"
        if self.what == "head":
            said = f"首行{how}（{place}），没有一条完整的记录"
        elif self.what == "manifest":
            said = f"{self.source} 账簿的 {self.whole} 条记录都在，末行{how}（{place}）"
        else:
            kind = "一行（记录或末行）" if self.what == "line" else "一条记录"
            which = f"第 {self.after} 号之后的{kind}" if self.after else "第一条记录"
            which = f"第 {self.position} 号记录" if self.position else which
            said = f"{self.source} 账簿{which}{how}（{place}），此前 {self.whole} 条完整"
        return f"文件被截断：{said}；请由账簿所在一方重新导出（linkage proof export），传输后比对文件大小，再核验"


def torn(content: bytes) -> Torn | None:
    """Return where a proof file was cut off; None when its last line is there, or when it is no proof file."""
    first, *rest = content.split(b"\n")
    if not rest:
        begun = content.startswith(HEAD) or HEAD.startswith(content)
        return Torn("head", "", None, None, 1, 0, not content, 0) if begun else None
    head = _object(first)
    if head is None or head.get("format") != PROOF_FORMAT or head.get("source") not in SIDES:
        return None
    chosen = head.get("chosen")
    begin, end = (chosen.get("from"), chosen.get("to")) if isinstance(chosen, dict) else (None, None)
    source, offset, after = head["source"], len(first) + 1, None
    for line, text in enumerate(rest, 2):
        last = line == len(rest) + 1
        position = begin + line - 2 if _counts(begin) and _counts(end) else None
        said = None if last else _object(text)
        if said is not None and "manifest" in said:
            return None
        if last and (text.startswith(MANIFEST[:3]) or (_counts(end) and position is not None and position > end)):
            return Torn("manifest", source, None, after, line, offset, not text, line - 2)
        found = said.get("position") if said is not None else None
        if not _counts(found) or found != (found if position is None else position):
            what: Literal["record", "line"] = "line" if last and position is None and len(text) < 3 else "record"
            return Torn(what, source, position, after, line, offset, found is not None or not text, line - 2)
        offset, after = offset + len(text) + 1, found
    return None


def _counts(number: Any) -> TypeGuard[int]:
    return type(number) is int and 0 < number < LARGEST


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        said = orjson.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
