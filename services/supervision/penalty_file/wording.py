"""The sentences that are read about a penalties file alone: what is wrong, and what to do about it."""

from __future__ import annotations

from services.tables.faults import Fault

PERMITS_FILE = Fault("permits_file", "这是行政许可文件, 不是行政处罚文件。", "请选择行政处罚文件。")
BAD_AMOUNT = Fault("bad_amount", "不是可以识别的金额。", "请以万元为单位填写数字: 2000 元填 0.2。")
AMOUNT_IN_YUAN = Fault("amount_in_yuan", "金额的单位应为万元, 填写的却是元。", "请填写 {right}。")
CONFLICTING = Fault(
    "conflicting",
    "与第 {row} 行是同一机关的同一决定书文号, 内容却不一致。",
    "请核对两行, 保留正确的一行; 确为另一处罚的请改正决定书文号。",
)

AMOUNT_READ = "按万元读取"
