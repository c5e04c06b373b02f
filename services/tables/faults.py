"""What can be wrong with a table that a clerk hands in, in the sentences he reads: what is wrong, and what to do.

``{name}`` places are filled by whoever uses the sentence. A reason never repeats the value: the value stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a value or a row. ``code`` is stable and may be counted; the texts may change."""

    code: str
    reason: str
    repair: str

    def of(self, **names: object) -> Fault:
        """Return the fault with its places filled."""
        return Fault(self.code, self.reason.format(**names), self.repair.format(**names))


class UnreadableFile(Exception):
    """A file that cannot be read as a whole: no row of it goes through, or none from here on. ``fault`` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.reason}{fault.repair}")
        self.fault = fault


EMPTY_FILE = Fault("empty_file", "文件是空的。", "请确认导出成功后重新选择文件。")
NOT_A_TABLE = Fault("not_a_table", "这是{kind}, 不是表格。", "请另存为 XLSX 或 CSV 后重新导入。")
UNKNOWN_FORMAT = Fault("unknown_format", "无法识别的文件格式。", "请另存为 XLSX 或 CSV(UTF-8) 后重新导入。")
SPOILED = Fault("spoiled", "文件已损坏或没有传输完整, 无法打开。", "请用表格软件打开确认后另存为 XLSX, 再重新导入。")
PASSWORD = Fault("password", "文件设有打开密码。", "请取消密码(文件 → 信息 → 保护工作簿)后重新导入。")
TOO_LARGE = Fault("too_large", "文件过大({size} MB), 上限为 {limit} MB。", "请分成几个文件导入, 或另存为 CSV。")
TOO_WIDE = Fault("too_wide", "表格有 {columns} 列, 上限为 {limit} 列。", "请删除多余的列后重新导入。")
TOO_LONG = Fault("too_long", "表格超过 {limit} 行。", "请分成几个文件导入; 此前已收下的行不会重复。")
TOO_DENSE = Fault(
    "too_dense", "文件解压后的大小与文件本身相差过大, 没有打开。", "请用表格软件打开确认后另存为 CSV, 再重新导入。"
)
READER_STOPPED = Fault(
    "reader_stopped",
    "读取这个文件占用的内存或时间超过上限, 已停止读取。",
    "请用表格软件打开确认, 另存为 CSV 后重新导入; 此前已收下的行不会重复。",
)
READERS_BUSY = Fault("readers_busy", "同时读取的文件过多。", "请稍候片刻再试。")
SEVERAL_SHEETS = Fault(
    "several_sheets", "工作簿中有多张数据表: {sheets}。", "请把每张表另存为单独的文件, 或合并到一张表。"
)
BROKEN_QUOTES = Fault(
    "broken_quotes",
    "第 {row} 行起引号没有成对, 其后的内容无法读取。",
    "请用表格软件另存为 XLSX 后整份重新导入; 此前已收下的行不会重复。",
)
