"""What operators and departments read about webhooks: states, and why one takes nothing."""

from __future__ import annotations

from collections.abc import Mapping

from services.webhooks.targets import REASONS

STATE_WORDS: Mapping[str, str] = {"enabled": "启用", "disabled": "已停用"}
KIND_WORDS: Mapping[str, str] = {
    "push.made": "推送",
    "push.moved": "转办推送",
    "task.opened": "新任务",
    "task.reopened": "任务重开",
    "task.withdrawn": "任务撤回",
    "rule.received": "规则变更",
    "checkpoint.signed": "检查点",
}
MESSAGE_WORDS: Mapping[str, str] = {"queued": "待发", "delivered": "已送达", "given_up": "已放弃"}
DISABLED_ACT = (
    "请本单位系统的维护人员确认是否还要接收。要接收的，请运维人员启用；"
    "停用期间的推送不会补发，请在本系统中查看，或由系统按接口自行查询。"
)
FAILING_ACT = (
    "请把原因和时间告知本单位系统的维护人员，检查其是否运行、网络和证书是否正常。修好后会自动补发，不必另行申请。"
)
GIVEN_UP_ACT = "有消息试过十次没有收到，现已恢复。请在本系统中核对这些推送，或请运维人员重新发送。"
SENT_WAYS: Mapping[str, str] = {"webhook": "回调，对方已应答收到", "stream": "实时推送，已发出"}
_CAUSES = REASONS | {
    "timeout": "20 秒内没有应答",
    "tls": "加密连接不可信 (证书)",
    "connect": "连接不上",
    "broken_off": "连接中断或应答无法读取",
    "no_key": "签名密钥无法读取",
    "http 410": "对方答复已不再接收 (410)",
    "http 429": "对方要求放慢 (429)",
}


def cause_in_words(reason: str) -> str:
    """Return why a message did not arrive. ``reason``: as it is kept."""
    if reason in _CAUSES:
        return _CAUSES[reason]
    _, _, code = reason.partition(" ")
    return f"对方要求转到别处，没有跟随 ({code})" if code.startswith("3") else f"对方没有接收 ({code})"
