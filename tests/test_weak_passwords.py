"""A password that everybody uses, or that is made of what everybody in the house knows, is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.access import weak_passwords
from services.access.passwords import initial_password
from services.access.weak_passwords import HOUSE, common, refuse_weak
from services.refusing import Refused
from tests.closed_site import PASSWORD


def refused(password: str, *own: str) -> str:
    try:
        refuse_weak(password, "S-0417", own)
    except Refused as error:
        return error.rule.code
    return ""


def test_the_list_holds_the_commonest_in_order_and_each_that_is_long_enough_is_refused() -> None:
    assert len(common()) == 30_000
    assert common() >= {"123456", "password", "qwerty", "woaini", "1qaz2wsx3edc"}
    long_enough = [one for one in common() if len(one) >= 12 and len(set(one)) >= 6]
    assert len(long_enough) > 50
    assert {refused(one) for one in long_enough} == {"common_password"}
    assert max(map(len, common())) <= weak_passwords._MOST


@pytest.mark.parametrize("digits", ["2026{}2026", "{}!@#20261129", "{}.{}"])
def test_a_common_one_that_is_filled_up_with_digits_and_signs_is_refused(digits: str) -> None:
    """Of the thousand commonest, those with letters."""
    made = [digits.format(one, one).ljust(12, "7") for one in sorted(common(), key=len)[1000:2000] if one.isalpha()]
    passed = [one for one in made if len(set(one)) >= 6 and not refused(one)]
    assert (passed, len(made) > 300) == ([], True)


@pytest.mark.parametrize(
    "password",
    [
        "Password2026!!", "P@ssw0rd-2026", "qwertyuiop123456", "1qaz2wsx3edc!", "woaini1314520", "iloveyou-dragon",
        "123456789012", "20261234567!", "zhongguo888888",
        "审管联动审管联动2026", "ShenGuanLianDong@2026", "linkage-linkage-9", "Admin@20261129", "监管部门领导2026!!!",
    ],
)  # fmt: skip
def test_what_people_make_of_common_words_and_words_of_the_house_is_refused(password: str) -> None:
    assert refused(password) == "common_password"


def test_a_site_adds_names_of_its_own() -> None:
    assert refused("庚辛县市监局20261129") == ""
    assert refused("庚辛县市监局20261129", "庚辛县", "市监局") == "common_password"


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "correct horse battery staple",
        "aB3$kd9!mQz2",
        "门口的桂花树又开了三朵呢",
        "4839-2017-4650-1",
        "审管联动我最喜欢周五下午",
    ],
)
def test_a_good_one_is_taken_also_with_a_word_of_the_house_in_it(password: str) -> None:
    assert refused(password) == ""


def test_no_initial_password_is_refused_by_chance() -> None:
    assert {refused(initial_password()) for _ in range(200)} == {""}


def test_without_list_and_words_they_are_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: length and difference alone."""
    monkeypatch.setattr(weak_passwords, "common", frozenset)
    monkeypatch.setattr(weak_passwords, "HOUSE", ())
    for one in ("Password2026!!", "qwertyuiop123456", "审管联动审管联动2026", "1qaz2wsx3edc"):
        assert refused(one) == ""


def test_the_words_of_the_house_are_written_down_where_the_site_reads_them() -> None:
    guide = (Path(__file__).parents[1] / "docs" / "signing-in.md").read_text()
    assert [word for word in HOUSE if word not in guide] == []
