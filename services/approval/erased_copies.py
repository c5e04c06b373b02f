"""Where are personal facts of a party, and what becomes of each copy when the party's key is destroyed?

Asked while the key is still there: what is sealed is opened, so that copies in the clear are found by what they say.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from uuid import UUID

import orjson
import psycopg

from events import columns, sealing
from services.approval.parties import subject_keys

TOPIC_OF_COMMANDS_DAYS = 30
FOLDERS = ("linkage-refused-rows", "linkage-looked-at")


class State(StrEnum):
    """``UNREADABLE``: sealed under the key that is destroyed. ``REMOVED``: taken away with it. ``CLEAR``: can still be
    read, until what is said beside it."""

    UNREADABLE = "unreadable"
    REMOVED = "removed"
    CLEAR = "clear"

    @property
    def words(self) -> str:
        return {"unreadable": "已无法读取", "removed": "已删除", "clear": "仍可读取"}[self.value]


@dataclass(frozen=True, slots=True)
class Copy:
    """``what`` and ``until`` in the operator's words; ``count``: None where nobody can count it from here."""

    what: str
    state: State
    count: int | None = None
    until: str = ""


def copies_of(connection: psycopg.Connection, master: bytes, party: UUID, through_kafka: bool) -> list[Copy]:
    """Return every copy of a party's personal facts; nothing of what they say."""
    sealed, telling = _opened(connection, master, party)
    found = [
        Copy("审批侧台账中的密封内容", State.UNREADABLE, sealed),
        Copy("两侧日志（主题）与监管侧台账、处罚、停放事件中的密封内容", State.UNREADABLE),
        Copy("监管名单、推送、页面上的掩码", State.REMOVED, None, "监管侧收到后显示“（已删除）”；历次事件中只留掩码"),
    ]
    answers = _rows_telling(connection, "SELECT answer::text FROM answers", telling)
    if answers:
        found.append(Copy("报送答复（幂等键）", State.CLEAR, answers, "由运维人员删除 answers 表中的这些行"))
    waiting, refused = rows_about(connection, master, telling)
    found += [
        Copy("待判定行", State.REMOVED, len(waiting)),
        Copy("未通过的行（页面导入）", State.REMOVED, len(refused)),
    ]
    found += [Copy(f"文件 {path}", State.CLEAR, 1, "删除该文件为止") for path in files_telling(telling)]
    found += [
        Copy("导入命令在原文件旁生成的未通过行文件，以及原文件", State.CLEAR, None, "由导入人保管，删除为止"),
        Copy(
            "此前备份与预写日志归档中的密钥表",
            State.CLEAR,
            None,
            "备份删除为止；须有主密钥才能打开；恢复后自动再次删除",
        ),
    ]
    found.append(
        Copy("报送签名中各条的摘要（由主密钥密封）", State.CLEAR, None, "随台账保存；只能用来印证猜测，须有主密钥")
    )
    if through_kafka:
        until = f"最多 {TOPIC_OF_COMMANDS_DAYS} 天（主题的保留期）"
        found.append(Copy("报送命令主题 linkage.approval.commands 中的原文", State.CLEAR, None, until))
    return found


def drop_rows(connection: psycopg.Connection, master: bytes, party: UUID) -> None:
    """Take away the rows of files that are kept under the master key and are about the party: they could be recorded
    under an erased name no more, and the key that is destroyed does not seal them."""
    waiting, refused = rows_about(connection, master, _opened(connection, master, party)[1])
    connection.execute("DELETE FROM waiting_rows WHERE id = ANY(%s)", (columns.uuids(waiting),))
    for one, number in refused:
        connection.execute(
            """UPDATE refused_rows SET state = 'dropped', sealed = NULL, changed = clock_timestamp()
               WHERE import = %s AND row_number = %s""",
            (one, number),
        )


def opens(connection: psycopg.Connection, master: bytes, party: UUID) -> int:
    """Return how many sealed parts of a party's decisions can be read: none, once it is erased."""
    return _opened(connection, master, party)[0]


def _opened(connection: psycopg.Connection, master: bytes, party: UUID) -> tuple[int, frozenset[str]]:
    """Return how many sealed parts open, and the names and numbers in them."""
    key = subject_keys(connection, master, [party]).get(party)
    many, telling = 0, set[str]()
    for (personal,) in connection.execute(
        """SELECT personal FROM published p JOIN LATERAL (
               SELECT personal FROM ledger WHERE stream = p.permit AND version = p.version
               UNION ALL SELECT personal FROM outbox WHERE stream = p.permit AND version = p.version) AS e ON true
           WHERE p.party = %s AND personal IS NOT NULL""",
        (party,),
    ):
        try:
            facts = sealing.unseal(key or b"", party, personal)
        except sealing.Unreadable:
            continue
        many += 1
        telling |= set(_names(facts))
    return many, frozenset(telling)


def _names(facts: Mapping[str, Any]) -> Iterator[str]:
    for said in (facts.get("name"), facts.get("identifier"), facts.get("representative_id")):
        if isinstance(said, str) and len(said) > 1:
            yield said
    yield from (number for number in dict(facts.get("other_ids") or {}).values() if len(str(number)) > 5)


def _tells(said: str, telling: Collection[str]) -> bool:
    return any(one in said for one in telling)


def _rows_telling(connection: psycopg.Connection, query: str, telling: Collection[str]) -> int:
    if not telling:
        return 0
    pattern = "|".join(re.escape(one) for one in sorted(telling))
    row = connection.execute(
        f"SELECT count(*) FROM ({query}) AS said (said) WHERE said ~ %s".encode(), (pattern,)
    ).fetchone()
    return int(row[0]) if row else 0


def rows_about(
    connection: psycopg.Connection, master: bytes, telling: Collection[str]
) -> tuple[list[UUID], list[tuple[UUID, int]]]:
    """Return the rows of files that wait, or are to be repaired, and name the party."""
    waiting = [
        one
        for one, sealed in connection.execute("SELECT id, sealed FROM waiting_rows")
        if _sealed_tells(master, one, sealed, telling)
    ]
    refused = [
        (one, number)
        for one, number, sealed in connection.execute(
            "SELECT import, row_number, sealed FROM refused_rows WHERE sealed IS NOT NULL"
        )
        if _sealed_tells(master, one, sealed, telling)
    ]
    return waiting, refused


def _sealed_tells(master: bytes, of: UUID, sealed: bytes, telling: Collection[str]) -> bool:
    return _tells(orjson.dumps(sealing.unseal(master, of, sealed)).decode(), telling)


def files_telling(telling: Collection[str]) -> list[Path]:
    """Return the files of uploads on this machine that name the party. Their own names are ids."""
    wanted = [one.encode() for one in telling]
    there = [path for folder in FOLDERS for path in sorted((Path(gettempdir()) / folder).glob("*")) if path.is_file()]
    return [path for path in there if wanted and any(one in said for said in _contents(path) for one in wanted)]


def _contents(path: Path) -> Iterator[bytes]:
    if not zipfile.is_zipfile(path):
        yield path.read_bytes()
        return
    with zipfile.ZipFile(path) as packed:
        for name in packed.namelist():
            yield packed.read(name)
