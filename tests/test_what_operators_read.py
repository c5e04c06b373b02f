"""What commands print for operators: China's time as on every page, names whole in a narrow window, faults in words."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from projections.lag import Lag, Stage, Status
from services.postgres_programs import Programs
from services.settings import SettingsWrong, read_settings
from services.wal_archive import archiving
from services.watching import _show

SERVICES = Path(__file__).parents[1] / "services"
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
