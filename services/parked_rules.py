"""What a rule does not allow about parked streams, in the words of whoever asks."""

from __future__ import annotations

from services.refusing import Rule

UNKNOWN_PARKED = Rule(
    "unknown_parked",
    "没有停放的事件，可能刚刚已自动恢复。",
    "请回到“停放事件”查看现在的情况（linkage parked list）。",
)
NOTHING_NAMED = Rule("nothing_named", "没有指明要重试哪一件。", "请指明 stream，或停放原因 reason。")
UNKNOWN_WAITING = Rule("unknown_waiting", "这一版本没有在等候。", "请核对版本。")
FIRST_NOT_HERE = Rule(
    "first_not_here",
    "最前面的一件尚未到达，或不能辨认是哪一版本，无从跳过或更正。",
    "缺号会自动重取；长时间未到的，请执行 linkage completeness --ask-again。",
)
SKIP_ASKED = Rule("skip_asked", "这一件已有人请求跳过。", "请由另一人同意或不同意；请求人可以撤回。")
NO_SKIP_ASKED = Rule("no_skip_asked", "没有待同意的跳过请求，可能已经恢复或已被撤回。", "请刷新后查看现在的情况。")
ALREADY_CONSENTED = Rule("already_consented", "该请求已获同意，正在跳过。", "请稍候片刻，再看经过。")
SAME_PERSON = Rule("same_person", "请求人不能同意自己的请求。", "请由另一人查看后同意或不同意。")
NO_DECISION = Rule("no_decision", "停放的不是许可决定，没有机关可以更正。", "请修复后重试，或请求跳过。")
REPAIR_ASKED = Rule(
    "repair_asked", "已请许可机关更正这一件，正等候更正。", "许可机关不予更正的，请修复后重试，或请求跳过。"
)

PARKED_RULES = (
    UNKNOWN_PARKED, NOTHING_NAMED, UNKNOWN_WAITING, FIRST_NOT_HERE, SKIP_ASKED, NO_SKIP_ASKED, ALREADY_CONSENTED,
    SAME_PERSON, NO_DECISION, REPAIR_ASKED,
)  # fmt: skip
