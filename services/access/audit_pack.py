"""A part of the audit trail as a pack that proves itself: for a PIPL audit (个人信息保护合规审计管理办法, in force
2025-05-01), and to keep what is taken out of the database after 180 days.

A ZIP of a workbook to read, the same entries as JSON lines, and a manifest with the SHA-256 of both and both ends of
the chain. It says who saw or took which kind of personal facts of whom, on what basis, and holds none of these facts.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import psycopg

from events.envelope import link
from services.access.audit import Act, Entry, Result
from services.access.audit_reading import Noted, linked, positions_between
from services.pages.downloads import sheet
from services.pages.seats import ROLE_WORDS
from services.wording import moment_in_words

ENTRIES, READABLE, MANIFEST = "entries.jsonl", "audit.xlsx", "manifest.json"
BASIS = "《个人信息保护法》第十三条第一款第三项：为履行法定职责所必需"
ON_A_BASIS = frozenset(
    {Act.PERSONAL_READ, Act.REVEALED, Act.EXPORTED, Act.PRINTED, Act.KEYS_HANDED_OUT, Act.PARTIES_RESOLVED}
)
HEADINGS = (
    "链序号", "时间", "帐号", "岗位", "单位", "行为", "功能", "对象", "个人信息种类", "处理依据", "目的与原因", "结果",
    "来源地址",
)  # fmt: skip
FIELD_WORDS = {
    "name": "姓名（名称）", "identifier": "证件号码", "legal_representative": "法定代表人",
    "representative_id": "法定代表人证件号码", "other_ids": "其他证件号码", "content": "许可内容", "remark": "备注",
    "place": "地址", "contact": "联系方式", "refused_rows": "未通过的行（原文）",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pack:
    """``digest``: SHA-256 of the file, in hexadecimal. Positions ``after`` (not among them) to ``last``."""

    entries: int
    after: int
    last: int
    digest: str


def make(connection: psycopg.Connection, side: str, into: Path, since: datetime | None, until: datetime | None) -> Pack:
    """Write what was linked between two moments into ``into``."""
    after, last, before = positions_between(connection, since, until)
    return write(connection, side, into, after, last, before)


def write(connection: psycopg.Connection, side: str, into: Path, after: int, last: int, before: bytes) -> Pack:
    """Write the entries after position ``after``, whose row has the hash ``before``, up to ``last`` into ``into``."""
    noted = list(linked(connection, after, last))
    lines = b"".join(orjson.dumps(_as_json(one)) + b"\n" for one in noted)
    readable = sheet(HEADINGS, (_cells(one) for one in noted))
    manifest = {
        "format": "linkage-audit/1",
        "side": side,
        "made_at": datetime.now(UTC).isoformat(),
        "entries": len(noted),
        "after": after,
        "last": last,
        "hash_before": before.hex(),
        "hash_last": noted[-1].hash.hex() if noted else before.hex(),
        "files": {name: hashlib.sha256(said).hexdigest() for name, said in ((ENTRIES, lines), (READABLE, readable))},
    }
    with zipfile.ZipFile(into, "x", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(ENTRIES, lines)
        packed.writestr(READABLE, readable)
        packed.writestr(MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
    return Pack(len(noted), after, last, hashlib.sha256(into.read_bytes()).hexdigest())


def faults_of(path: Path) -> list[str]:
    """Return everything about a pack that does not hold, from the file alone."""
    try:
        with zipfile.ZipFile(path) as packed:
            manifest = orjson.loads(packed.read(MANIFEST))
            files = {name: packed.read(name) for name in manifest["files"]}
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return ["不是完整的审计包"]
    changed = [name for name, said in files.items() if hashlib.sha256(said).hexdigest() != manifest["files"][name]]
    return [f"{name}：内容与清单不符" for name in changed] + list(_chain_faults(manifest, files.get(ENTRIES, b"")))


def _chain_faults(manifest: dict[str, Any], lines: bytes) -> Iterator[str]:
    position, previous = int(manifest["after"]), bytes.fromhex(manifest["hash_before"])
    try:
        for line in lines.splitlines():
            said = orjson.loads(line)
            position += 1
            if said.pop("position") != position:
                yield f"第 {position} 号：缺号"
                return
            at, hash_ = datetime.fromisoformat(said.pop("at")), bytes.fromhex(said.pop("hash"))
            entry = Entry(**said | {"act": Act(said["act"]), "result": Result(said["result"])})
            previous = link(previous, position, at, entry.digest())
            if previous != hash_:
                yield f"第 {position} 号：内容被改动，或前后不相接"
                return
    except (KeyError, TypeError, ValueError, OverflowError):  # the last: a year before 1970
        yield f"第 {position} 号：无法读取"
        return
    if (position, previous.hex()) != (manifest["last"], manifest["hash_last"]):
        yield "末尾不符"


def _as_json(one: Noted) -> dict[str, Any]:
    entry = one.entry
    return {
        "position": one.position, "at": one.at.astimezone(UTC).isoformat(), "act": entry.act.value,
        "caller": entry.caller, "role": entry.role, "body": entry.body, "place": entry.place,
        "objects": list(entry.objects), "fields": list(entry.fields), "reason": entry.reason,
        "result": entry.result.value, "origin": entry.origin, "hash": one.hash.hex(),
    }  # fmt: skip


def _cells(one: Noted) -> Sequence[str]:
    entry = one.entry
    return (
        str(one.position), moment_in_words(one.at), entry.caller, role_in_words(entry.role), entry.body,
        entry.act.words, entry.place, "\n".join(entry.objects),
        "、".join(FIELD_WORDS.get(name, name) for name in entry.fields), BASIS if entry.act in ON_A_BASIS else "",
        entry.reason, entry.result.words, entry.origin,
    )  # fmt: skip


def role_in_words(role: str) -> str:
    return next((words for one, words in ROLE_WORDS.items() if one.value == role), role)
