"""What operators and departments read about webhooks: states, and why one takes nothing."""

from __future__ import annotations

from collections.abc import Mapping

from services.webhooks.targets import REASONS

STATE_WORDS: Mapping[str, str] = {"enabled": "启用", "disabled": "已停用"}
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
