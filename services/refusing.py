"""What a pure core answers when a rule does not allow what was asked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the business. ``text`` is shown to whoever asked; ``repair`` says what to do."""

    code: str
    text: str
    repair: str


class Refused(Exception):
    """What a rule does not allow. ``text`` names the state and what is allowed; ``field`` what is at fault."""

    def __init__(self, rule: Rule, text: str | None = None, field: str = "") -> None:
        super().__init__(rule.code)
        self.rule = rule
        self.text = text or rule.text
        self.field = field

    @property
    def said(self) -> dict[str, str]:
        """What an answer as JSON says of it."""
        return {"rule": self.rule.code, "text": self.text, "repair": self.rule.repair}


SAME_KEY_OTHER_CONTENT = Rule(
    "same_key_other_content", "同一幂等键已用于另一内容的请求。", "请为新的请求使用新的幂等键。"
)
