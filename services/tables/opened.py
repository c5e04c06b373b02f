"""Rows of any table that a clerk may hand in: text file or spreadsheet, told apart by content, never by name.

Runs in a process of its own (``child.py``): whoever wants rows asks ``rows.table_rows``, which bounds what it may use.
"""

from __future__ import annotations

import mmap
import zipfile
from collections.abc import Callable
from pathlib import Path

from services.tables import faults
from services.tables.faults import UnreadableFile
from services.tables.limits import Limits, Rows
from services.tables.text_file import text_rows
from services.tables.workbook import workbook_rows

_OTHERS = (
    (b"%PDF", "PDF 文件"),
    (b"\x89PNG", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"Rar!", "压缩包"),
    (b"7z\xbc\xaf", "压缩包"),
    (b"\x1f\x8b", "压缩包"),
    (b"{\\rtf", "文字文档"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PROTECTED = "EncryptedPackage".encode("utf-16-le")
_MEGABYTE = 1024 * 1024


def opened_rows(path: Path, score: Callable[[list[str]], int], limits: Limits) -> Rows:
    """Yield the rows of the table in ``path`` that are not blank, as ``table_rows`` says. Raises ``UnreadableFile``
    when this is no table, or more of one than ``limits`` allow, now or while the rows are read."""
    for count, (number, cells) in enumerate(_rows(path, score, limits), 1):
        if len(cells) > limits.columns:
            raise UnreadableFile(faults.TOO_WIDE.of(columns=len(cells), limit=limits.columns))
        if count > limits.rows:
            raise UnreadableFile(faults.TOO_LONG.of(limit=limits.rows))
        yield number, cells


def _rows(path: Path, score: Callable[[list[str]], int], limits: Limits) -> Rows:
    with path.open("rb") as file:
        head = file.read(512)
    for mark, kind in _OTHERS:
        if head.startswith(mark):
            raise UnreadableFile(faults.NOT_A_TABLE.of(kind=kind))
    if head.startswith(b"PK\x03\x04"):
        _check_archive(path, limits)
        return workbook_rows(path, score, limits.large)
    if head.startswith(_OLE):
        if _is_protected(path):
            raise UnreadableFile(faults.PASSWORD)
        return workbook_rows(path, score, limits.large)
    if head.lstrip()[:15].lower().startswith((b"<html", b"<!doctype html", b"<table", b"<?xml")):
        raise UnreadableFile(faults.NOT_A_TABLE.of(kind="网页或 XML 文件"))
    return text_rows(path, score)


def _check_archive(path: Path, limits: Limits) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:  # of a version that is not yet; odd names
        raise UnreadableFile(faults.SPOILED) from error
    names = {part.filename for part in parts}
    if "word/document.xml" in names or "ppt/presentation.xml" in names:
        raise UnreadableFile(faults.NOT_A_TABLE.of(kind="文字文档或演示文稿"))
    if not names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
        raise UnreadableFile(faults.NOT_A_TABLE.of(kind="压缩包"))
    unpacked = sum(part.file_size for part in parts)
    if unpacked > limits.unpacked:
        raise UnreadableFile(faults.TOO_LARGE.of(size=unpacked // _MEGABYTE, limit=limits.unpacked // _MEGABYTE))
    if unpacked > max(limits.dense_from, limits.ratio * path.stat().st_size):
        raise UnreadableFile(faults.TOO_DENSE)


def _is_protected(path: Path) -> bool:
    """Tell whether an OLE container holds an encrypted workbook: its directory names the package."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(_PROTECTED) >= 0
