"""What is read about notices: their ways, why something was told to nobody, and why a notice did not go out."""

from __future__ import annotations

from collections.abc import Mapping

from services.notices import Channel, Outcome

CHANNEL_WORDS: Mapping[str, str] = {Channel.MAIL: "邮件", Channel.SMS: "短信", Channel.WEBHOOK: "回调"}
OUTCOME_WORDS: Mapping[str, str] = {
    Outcome.OVER: "发出前已办结",
    Outcome.MOVED: "发出前已转他人",
    Outcome.NOBODY: "无人经办",
    Outcome.UNREACHABLE: "经办人员没有可用的联系方式",
}
_OWN = {
    "no address": ("经办人员没有这种联系方式", "请在人员名册中补上后再次发送"),
    "no TLS for the password": ("邮件服务器不支持加密，没有发出密码", "请运维人员改用支持 STARTTLS 或 smtps 的服务器"),
}
_ANSWERED = {
    ("smtp", "4"): ("邮件服务器暂不接收", "系统会自动再试"),
    ("smtp", "5"): ("邮件服务器拒收", "请核对经办人员的邮箱，改正后再次发送"),
    ("http", "4"): ("短信网关或回调地址拒收", "请核对手机号或回调地址，改正后再次发送"),
    ("http", "5"): ("短信网关或回调地址出错", "请联系对方恢复后再次发送"),
}


def cause_in_words(reason: str) -> tuple[str, str]:
    """Return why a notice did not go out, and what to do about it. ``reason``: as it is kept with the notice."""
    if reason in _OWN:
        return _OWN[reason]
    kind, _, code = reason.partition(" ")
    if said := _ANSWERED.get((kind, code[:1])):
        return f"{said[0]}（{code}）", said[1]
    return f"连接不上邮件服务器、短信网关或回调地址（{reason}）", "请运维人员检查网络和地址，恢复后再次发送"
