"""Pages are for people: what a reader is told who has not signed in, or who opens what is another body's."""

from __future__ import annotations

from services.problems import Problem


class SignInFirst(Problem):
    """Nobody is signed in. A browser is led to the log-in; a program reads this."""

    def __init__(self) -> None:
        super().__init__(
            401,
            "sign_in_first",
            "请先登录",
            "还没有登录，或者登录已经结束（30 分钟没有操作，满 12 小时，或又在别处登录而超过了同时登录的处数）。",
            "请登录后再试；系统间调用请出示机器密钥。",
        )


def not_for_you() -> Problem:
    """One answer for what is another's and what is nowhere, as programs get it."""
    return Problem(
        403,
        "other_body",
        "不是本单位的事项",
        "本页内容属于其他单位，或不存在。",
        "请从菜单中打开本单位的页面；确需了解其他单位的情况，请与该单位联系。",
    )
