"""What commands print for operators: China's time as on every page, names whole in a narrow window, faults in words."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest
from rich.console import Console
from rich.errors import MarkupError
from rich.table import Column, Table

from projections import parking
from projections.lag import Lag, Stage, Status
from projections.parked_streams import ParkedStream
from services import alert_commands, parked_commands, settings_shown
from services.alerts import KINDS, Alert
from services.parked_asked import said
from services.parked_stated import AskSkip
from services.postgres_programs import Programs
from services.settings import SettingsWrong, explained, read_settings
from services.terminal import terminal
from services.trouble import WronglyAsked
from services.wal_archive import archiving
from services.watching import _show

SERVICES = Path(__file__).parents[1] / "services"
CONSOLE = re.compile(r"\bConsole\(")
HOUR = re.compile(r"\{([^{}:]+):[^{}]*%H[^{}]*\}")


def test_no_command_prints_an_hour_that_is_not_chinas() -> None:
    """A database answers in its own zone: an operator who compares two tables must not count eight hours."""
    printed = [
        (path.name, found[1]) for path in sorted(SERVICES.glob("*.py")) for found in HOUR.finditer(path.read_text())
    ]
    assert len(printed) > 8
    assert [one for one in printed if "astimezone(CHINA)" not in one[1]] == []
    # Control: what was printed before is found.
    assert [found[1] for found in HOUR.finditer('f"{one.parked_at:%m-%d %H:%M:%S}"')] == ["one.parked_at"]


def test_what_stands_in_brackets_is_printed_by_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """`pip install 'linkage[otel]'` is copied from the table of settings; a party's name may hold anything."""

    def shown(console: Console) -> str:
        table = Table()
        for text in ("pip install 'linkage[otel]'", "茶叶店[红]", "7[/]", ":key:"):
            table.add_row(text)
        console.print(table, "[tsa]")
        return capsys.readouterr().out

    for whole in ("linkage[otel]'", "茶叶店[红]", "7[/]", ":key:", "[tsa]"):
        assert whole in shown(terminal())
    settings_shown.show_settings()
    told = capsys.readouterr().out
    for extra in ("otel", "tsa", "gm"):
        assert f"linkage[{extra}]" in re.sub(r"[│\s]", "", told)
    # Control: a console as Rich makes it takes the name of the extra away, or fails.
    with pytest.raises(MarkupError):
        shown(Console())
    Console().print("pip install 'linkage[otel]'")
    assert capsys.readouterr().out == "pip install 'linkage'\n"
    others = [path.name for path in SERVICES.rglob("*.py") if CONSOLE.search(path.read_text())]
    assert others == ["terminal.py"], "a command with a console of its own"


def test_lag_tells_chinas_hour_and_json_keeps_the_zone() -> None:
    at = datetime(2026, 11, 24, 20, 30, 5, tzinfo=UTC)
    lag = Lag("watch", "approval", Status.LEVEL, 0, 0, "→", Stage.NOWHERE, None, 0, 0, 0, None, None, at)
    console = Console(width=80, record=True, file=StringIO())
    _show(console, [lag], False)
    assert "04:30:05" in console.export_text()
    assert datetime.fromisoformat(str(lag.as_json()["as_of"])) == at


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("APPROVAL_PROT", "APPROVAL_PORT"),
        ("SUPERVISION_DATABASE_ULR", "SUPERVISION_DATABASE_URL"),
        ("LOG_ULR", "LOG_URL"),
    ],
)
def test_a_setting_of_either_side_that_is_misspelt_is_refused_with_the_right_name(
    monkeypatch: pytest.MonkeyPatch, misspelt: str, meant: str
) -> None:
    monkeypatch.setenv(misspelt, "9001")
    with pytest.raises(SettingsWrong, match=f"{misspelt}: there is no such setting .did you mean {meant}"):
        read_settings()


def test_what_others_have_in_the_environment_is_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("APPROVAL", "SUPERVISION", "LOG_LEVEL", "LOG_DIR", "HOST", "MODE", "DATA"):
        monkeypatch.setenv(name, "x")
    settings = read_settings()
    assert (settings.log_level, settings.host, settings.mode) == ("info", "127.0.0.1", "trial")


def test_the_dead_mans_check_is_asked_by_get(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPERVISION_ALERT_PING_URL", "xx")
    with pytest.raises(SettingsWrong, match="asked by GET"):
        read_settings()


def test_who_only_looks_makes_no_folder_for_the_log_of_the_server(tmp_path: Path) -> None:
    programs, archive = Programs(tmp_path, None), tmp_path / "archive"
    looking = archiving(programs, archive, making=False)
    assert not archive.exists()
    # Control: who starts it makes the folder, and the server is told the same.
    assert archiving(programs, archive) == looking
    assert archive.is_dir()


def printed(table: Table, width: int = 80) -> str:
    console = Console(width=width, record=True, file=StringIO())
    console.print(table)
    return console.export_text()


STREAM = UUID("0192b8c4-7f3e-7abc-8def-0123456789ab")
AT = datetime(2026, 11, 24, 20, 30, 5, tzinfo=UTC)
CUT = re.compile("…")


def test_what_is_copied_out_of_the_table_of_parked_streams_is_whole_and_its_headings_are_chinese() -> None:
    found = [ParkedStream(STREAM, 3, reason, "no such kind", AT, None, 4) for reason in parking.REASONS]
    shown = printed(parked_commands.table_of(found, {}))
    for whole in (str(STREAM), *parking.REASONS, "11-25 04:30:05", "原因", "等候", "no such kind"):
        assert whole in shown
    assert not CUT.search(shown)
    # Control: the same in columns that may be broken anywhere is broken.
    broken = Table(
        "stream", *(Column(one, overflow="fold") for one in ("reason", "detail", "since", "waiting", "asked"))
    )
    broken.columns[0].no_wrap = True
    broken.add_row(str(STREAM), "unknown_type", "no such kind", "11-25 04:30:05", "4", "")
    assert "unknown_type" not in printed(broken)


def test_an_alerts_name_is_whole_in_a_window_of_80_columns() -> None:
    told = "两侧的记录与台账不一致，已连续三夜，需要人工核对来源与清单"
    found = [Alert(name, "", told, AT, AT, told=3) for name in KINDS]
    shown = printed(alert_commands.table_of("supervision", found, []))
    assert [name for name in KINDS if name not in shown] == []
    assert not CUT.search(shown)


@pytest.mark.parametrize("width", [80, 100])
def test_a_settings_name_is_whole_in_a_narrow_window(width: int) -> None:
    rows = explained(read_settings())
    shown = printed(settings_shown.table_of(rows), width)
    assert [row["name"] for row in rows if row["name"] not in shown] == []


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"LINKAGE_MODE": "production"}, ["LINKAGE_ENTRANCE", "APPROVAL_PUBLIC_URL", "SUPERVISION_PUBLIC_URL"]),
        ({"LINKAGE_ALERT_RECIPIENTS_FILE": "/nope"}, ["LINKAGE_ALERT_RECIPIENTS_FILE"]),
        ({"LINKAGE_NOTICE_SECRET_FILE": "/nope"}, ["LINKAGE_NOTICE_SECRET_FILE"]),
        ({"LINKAGE_MODE": "production", "LINKAGE_NOTICE_SECRET_FILE": "/nope"}, ["LINKAGE_MASTER", "LINKAGE_NOTICE"]),
    ],
)
def test_settings_are_shown_and_then_each_that_a_part_would_refuse_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: dict[str, str], named: list[str]
) -> None:
    settings_shown.show_settings(None, True)  # Control: with nothing wrong it leaves with 0.
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsWrong) as wrong:
        settings_shown.show_settings(None, True)
    assert wrong.value.exit_code == 2
    assert "LINKAGE_MODE" in capsys.readouterr().out
    assert [one for one in named if not re.search(f"^{one}", str(wrong.value), re.MULTILINE)] == []


def test_settings_name_what_a_site_that_counts_goes_without_and_a_trial_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def advised(**given: str) -> list[str]:
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        with suppress(SettingsWrong):
            settings_shown.show_settings(None, True)
        lines = capsys.readouterr().err.splitlines()
        assert all(line.startswith("advice: ") for line in lines)
        return [line.split(": ")[1] for line in lines]

    assert advised() == []
    embedded = ["LINKAGE_WAL_ARCHIVE", "LINKAGE_ALERT_RECIPIENTS_FILE"]
    assert advised(LINKAGE_MODE="production") == embedded
    own = {f"{side}_DATABASE_URL": "postgresql://linkage@db.example/it" for side in ("APPROVAL", "SUPERVISION")}
    assert advised(**own) == ["LINKAGE_DISK_FOLDER", "LINKAGE_ALERT_RECIPIENTS_FILE"]
    assert advised(LINKAGE_DISK_RESERVE="0") == [
        "LINKAGE_DISK_FOLDER", "LINKAGE_DISK_RESERVE", "LINKAGE_ALERT_RECIPIENTS_FILE",
    ]  # fmt: skip
    recipients = tmp_path / "recipients"
    recipients.write_text("# nobody yet\n")
    given = {"LINKAGE_DISK_RESERVE": "500", "LINKAGE_DATABASE_ROOM": "9000"}
    assert advised(LINKAGE_ALERT_RECIPIENTS_FILE=str(recipients), **given) == ["LINKAGE_ALERT_RECIPIENTS_FILE"]
    recipients.write_text("值班 mail duty@city.example\n")
    assert advised(LINKAGE_NOTICE_SMTP_URL="smtp://mail.example") == []


def test_where_one_side_runs_the_others_settings_are_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKAGE_MODE", "production")
    with pytest.raises(SettingsWrong) as wrong:
        settings_shown.show_settings("approval", True)
    assert "APPROVAL_PUBLIC_URL" in str(wrong.value)
    assert "SUPERVISION_PUBLIC_URL" not in str(wrong.value)


@pytest.mark.parametrize(("why", "says"), [("short", "--why: 至少 8 个字"), ("", "--why: 至少 8 个字")])
def test_a_reason_too_short_is_told_by_its_option_with_how_long_it_must_be(why: str, says: str) -> None:
    with pytest.raises(WronglyAsked, match=says):
        said(AskSkip, {"officer": "S-0901", "reason": why})
    with pytest.raises(WronglyAsked, match="--by: 不能为空"):
        said(AskSkip, {"officer": "", "reason": "名单已核对无误请跳过"})


def test_a_retry_for_a_reason_that_is_none_names_those_there_are() -> None:
    with pytest.raises(WronglyAsked, match="asked_again, gap, refused, unknown_type, unreadable"):
        parked_commands.retry(None, "nonsense", "S-0901")
