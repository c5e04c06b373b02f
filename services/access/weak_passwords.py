"""Which passwords are refused: short, plain, common, or made of names that everybody in the house knows.

Most of the commonest passwords are shorter than ours may be; what people make of them is not: one or two of them, a
year and a few signs. So what a password is put together from is looked at, not the whole of it alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from services.refusing import Refused, Rule

SHORTEST, LONGEST = 12, 128
_DIFFERENT = 6
_PIECES = 2
"""Of so many common passwords, with digits and signs between them, none is made up. Four words are a good sentence."""
_LEAST = 4
"""Fewer letters than that are found in any password by chance."""

WEAK = Rule(
    "weak_password",
    "新密码不合要求。",
    f"请设 {SHORTEST} 至 {LONGEST} 个字符、至少 {_DIFFERENT} 个不同字符的密码, 不含工号, 不用初始密码。可以用一句话。",
)
COMMON = Rule(
    "common_password",
    "新密码太容易猜到: 由常见密码, 或本系统、本单位、岗位的名称加数字和符号组成。",
    "请换一个。可以用一句只有您自己想得到的话, 四个以上不相干的词。",
)

HOUSE = (
    "shenguanliandong", "shenguan", "liandong", "linkage", "shenpi", "approval", "jianguan", "supervision", "xuke",
    "permit", "chufa", "penalty", "huizhi", "receipt", "duban", "gongshi", "haizhou", "zhengwu", "zhengfu", "gongan",
    "guanliyuan", "administrator", "admin", "clerk", "officer", "policy", "coordinator", "leader", "operator",
    "sysadmin", "secadmin", "auditadmin", "password", "mima", "miyao", "denglu",
    "审管联动", "审管", "联动", "审批", "监管", "许可", "处罚", "回执", "督办", "双公示", "海州", "政务", "政府",
    "市场", "监督", "管理", "行政", "部门", "机关", "窗口", "领导", "协调", "运维", "安全", "审计", "系统",
    "管理员", "密码", "口令", "登录", "工号",
)  # fmt: skip
"""Words of the house: this product, what it is about, its roles (ASVS 6.1.2). A site adds its own
(LINKAGE_PASSWORD_WORDS)."""

_LOOKS_LIKE = str.maketrans("@0$31!5", "aoseiis")
_MOST = 24
"""The longest of the list."""
_RUN = 6
"""Of digits and signs alone: a run of so many that many people choose (123456)."""


def refuse_weak(password: str, staff: str, own_words: Iterable[str] = ()) -> None:
    """Raise ``Refused`` for a password that is short, plain, common, or says the staff number. ``own_words``: names
    that the site adds to those of the house."""
    plain = len(set(password)) < _DIFFERENT or staff.casefold() in password.casefold()
    if plain or not SHORTEST <= len(password) <= LONGEST:
        raise Refused(WEAK)
    words = sorted((word.casefold() for word in (*HOUSE, *own_words) if word), key=len, reverse=True)
    said = password.casefold()
    if any(_is_guessed(one, words) for one in (said, said.translate(_LOOKS_LIKE))):
        raise Refused(COMMON)


def _is_guessed(said: str, words: Iterable[str]) -> bool:
    if said in common():
        return True
    rest = said
    for word in words:
        rest = rest.replace(word, " ")
    if rest == said and not any(one.isalpha() for one in rest):
        return any(said[at : at + _RUN] in common() for at in range(len(said) - _RUN + 1))
    # Also with the words left in: one of them may stand within a common password.
    return min(_pieces(rest), _pieces(said)) <= _PIECES


def _pieces(said: str) -> int:
    """Return of how many common passwords ``said`` is put together at the least, digits and signs between them not
    counted; more than matter, when it is of none."""
    least = [0, *[_PIECES + 1] * len(said)]
    for end in range(1, len(said) + 1):
        if not said[end - 1].isalpha():
            least[end] = least[end - 1]
        for begin in range(max(0, end - _MOST), end - _LEAST + 1):
            if least[begin] < least[end] - 1 and said[begin:end] in common():
                least[end] = least[begin] + 1
    return least[-1]


@cache
def common() -> frozenset[str]:
    """Return the commonest passwords, in small letters."""
    kept = (files(__package__) / "common_passwords.csv").read_text(encoding="utf-8")
    return frozenset(line for line in kept.splitlines() if not line.startswith("#"))
