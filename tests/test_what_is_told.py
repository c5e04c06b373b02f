"""Whom a notice tells of what, in which words, and when not: the rules, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from events.limits import LimitKind
from services.notice_ways import manner_of, ways_of
from services.notices import BACKOFF, PATIENCE, Channel, Occasion, Outcome, Quiet, Tiding, gather, next_attempt
from services.settings import SettingsWrong, read_settings
from services.working_days import CHINA, Calendar, published_notices
from tests.people import GAO, LIN

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)
WINDOW = timedelta(seconds=60)
LINK = "http://linkage.invented.example"
REACHED = {LIN: [Channel.MAIL, Channel.SMS], GAO: []}


def tiding(
    occasion: Occasion = Occasion.NEW, item: UUID | None = None, officer: str | None = None, ago: int = 90
) -> Tiding:
    kind = LimitKind.CLAIM
    return Tiding(uuid4(), item or uuid4(), kind, occasion, officer, NOON - timedelta(seconds=ago))


def test_what_comes_within_a_moment_is_one_notice_that_says_how_much_and_where_to_look() -> None:
    one, other = tiding(officer=LIN), tiding(officer=LIN, ago=1)
    late = tiding(Occasion.REMINDER, one.item, ago=30)
    items = {one.item, other.item}
    found = gather([one, other, late], items, dict.fromkeys(items, LIN), REACHED, NOON, WINDOW, LINK)
    assert [(notice.officer, notice.channel) for notice in found.notices] == [(LIN, Channel.MAIL), (LIN, Channel.SMS)]
    assert set(found.outcomes.values()) == {Outcome.TOLD}
    text = found.notices[0].text
    assert text.startswith("您有 1 件临期事项、1 件待签收事项, 请登录审管联动查看。")
    assert str(one.item) in text
    assert text.endswith(LINK)
    again = gather([one, other, late], items, dict.fromkeys(items, LIN), REACHED, NOON, WINDOW, LINK)
    assert again.notices == found.notices, "gathered again after a crash it is the same notice, not a second one"
    fresh = gather([other], items, {other.item: LIN}, REACHED, NOON, WINDOW, LINK)
    assert (fresh.notices, fresh.outcomes) == ([], {})
    urged = gather([tiding(Occasion.URGED, other.item, ago=0)], items, {other.item: LIN}, REACHED, NOON, WINDOW, LINK)
    assert [notice.urgent for notice in urged.notices] == [True, True]


def test_nobody_is_told_of_what_is_done_or_with_somebody_else_and_what_reached_nobody_is_known() -> None:
    done, moved, unheld, young, silent = (tiding(officer=LIN) for _ in range(5))
    unheld = tiding(ago=int(PATIENCE.total_seconds()))
    open_items = {one.item for one in (moved, unheld, young, silent)}
    holders = {moved.item: GAO, silent.item: GAO, done.item: LIN}
    silent = tiding(item=silent.item, officer=GAO)
    found = gather([done, moved, unheld, young, silent], open_items, holders, REACHED, NOON, WINDOW, LINK)
    assert found.notices == []
    assert found.outcomes == {
        done.id: Outcome.OVER,
        moved.id: Outcome.MOVED,
        unheld.id: Outcome.NOBODY,
        silent.id: Outcome.UNREACHABLE,
    }


def test_at_night_and_on_days_of_rest_it_is_quiet() -> None:
    calendar, quiet = Calendar.of(published_notices()), Quiet.of("20:00-08:00")
    assert quiet
    for hour, minute, holds in ((7, 59, True), (8, 0, False), (19, 59, False), (20, 0, True), (0, 30, True)):
        assert quiet.holds(datetime(2026, 12, 1, hour, minute, tzinfo=CHINA), calendar) is holds
    assert quiet.holds(datetime(2026, 10, 1, 12, tzinfo=CHINA), calendar), "National Day"
    assert not quiet.holds(datetime(2026, 10, 10, 12, tzinfo=CHINA), calendar), "a Saturday that is worked"
    assert Quiet.of("never") is None
    for wrong in ("20-8", "25:00-08:00", "20:00"):
        with pytest.raises(ValueError, match=r"20:00-08:00|hour"):
            Quiet.of(wrong)


def test_after_each_failure_the_next_attempt_is_later_until_a_person_is_asked() -> None:
    waits = [next_attempt(number, NOON) for number in range(1, len(BACKOFF) + 2)]
    assert waits[-1] is None
    times = [one for one in waits if one]
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "mail.invented.example"),
        ("SMS_URL", "https://user:secret@gateway.invented.example"),
        ("SENDER", "nobody"),
        ("QUIET", "20-8"),
        ("URGED", "perhaps"),
        ("WINDOW", "-1"),
        ("LINK", "linkage"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_name_and_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"LINKAGE_NOTICE_{name}", value)
    with pytest.raises(SettingsWrong) as wrong:
        read_settings()
    assert f"LINKAGE_NOTICE_{name}" in str(wrong.value)
    assert "secret" not in str(wrong.value)


def test_a_gateway_without_a_secret_or_with_a_short_one_is_refused(tmp_path: Path) -> None:
    plain = read_settings()
    assert (dict(ways_of(plain)), manner_of("supervision", plain).urged_always) == ({}, False)
    with pytest.raises(SettingsWrong, match="LINKAGE_NOTICE_SECRET_FILE"):
        ways_of(read_settings(notice_sms_url="https://gateway.invented.example"))
    secret = tmp_path / "secret"
    secret.write_text("short")
    with pytest.raises(SettingsWrong, match="at least 32"):
        ways_of(read_settings(notice_secret_file=secret))
    secret.write_text("0" * 32)
    assert set(ways_of(read_settings(notice_secret_file=secret))) == {Channel.WEBHOOK}
