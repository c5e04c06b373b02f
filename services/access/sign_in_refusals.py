"""What whoever is not let in reads: the same, whether there is such an account or not."""

from __future__ import annotations

from services.problems import Problem


def not_signed_in() -> Problem:
    return Problem(
        401,
        "not_signed_in",
        "没有登录成功",
        "工号、密码或动态口令不对，或者账号现在不能使用。",
        "请核对后重新输入。忘记密码、换了手机，请当面找本单位的安全管理员重置。",
    )


def wrong_code() -> Problem:
    return Problem(
        401,
        "wrong_code",
        "动态口令不对",
        "口令不对、已经过期，或者已经用过一次。",
        "请等手机上换出下一个口令，再输入。一直不对，请检查手机时间是否准确。",
    )


def begin_anew() -> Problem:
    return Problem(
        401, "begin_anew", "登录超过了时限", "上一步之后停留得太久，或者已在别处重新登录。", "请重新输入工号和密码。"
    )


def too_many(minutes: int) -> Problem:
    return Problem(
        429,
        "too_many_attempts",
        "尝试次数过多",
        f"为防止他人猜测密码，请在 {minutes} 分钟后再试。",
        "到时重新登录即可。忘记密码，请当面找本单位的安全管理员重置。",
    )
