"""A wrong setting is refused before anything starts, with its name and the fix, and without its value."""

import pytest

from services.settings import SettingsWrong, explained, read_settings


def test_a_site_that_sets_nothing_gets_the_embedded_databases_and_log() -> None:
    settings = read_settings()
    assert settings.approval_database_url is None
    assert settings.log_url == "embedded:"
    assert (settings.approval_port, settings.supervision_port) == (8470, 8471)


def test_an_option_of_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APPROVAL_PORT", "9001")
    assert read_settings(approval_port=9002).approval_port == 9002
    assert read_settings(approval_port=None).approval_port == 9001


def test_any_spelling_of_a_postgresql_address_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for given in ("postgres://u@h/d", "postgresql://u@h/d", "postgresql+psycopg://u@h/d"):
        monkeypatch.setenv("APPROVAL_DATABASE_URL", given)
        assert read_settings().approval_database_url == "postgresql+psycopg://u@h/d"


@pytest.mark.parametrize(
    ("name", "value", "fix"),
    [
        ("APPROVAL_DATABASE_URL", "mysql://root:secret@h/d", "give a PostgreSQL address"),
        ("SUPERVISION_DATABASE_URL", "postgresql://u:secret@h", "with its database"),
        ("LOG_URL", "kafka:secret", "kafka://host:port"),
        ("APPROVAL_PORT", "secret", "integer"),
        ("SUPERVISION_PORT", "70000", "65535"),
        ("LINKAGE_LOG_LEVEL", "secret", "'info'"),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, fix: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsWrong) as refused:
        read_settings()
    assert str(refused.value).startswith(f"{name}: ")
    assert fix in str(refused.value)
    assert "secret" not in str(refused.value)


def test_every_wrong_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_URL", "x")
    monkeypatch.setenv("APPROVAL_PORT", "0")
    with pytest.raises(SettingsWrong) as refused:
        read_settings()
    assert {line.split(":")[0] for line in str(refused.value).splitlines()} == {"LOG_URL", "APPROVAL_PORT"}


def test_a_mistyped_name_is_not_silently_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKAGE_DTAA", "/srv")
    with pytest.raises(SettingsWrong, match="did you mean LINKAGE_DATA"):
        read_settings()


def test_the_table_explains_every_setting_and_hides_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APPROVAL_DATABASE_URL", "postgresql://u:secret@h/d")
    rows = explained(read_settings())
    assert all(row["meaning"] for row in rows)
    assert "secret" not in str(rows)


def test_a_service_that_listens_everywhere_is_reached_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings().address(8470) == "http://127.0.0.1:8470"
    monkeypatch.setenv("LINKAGE_HOST", "0.0.0.0")
    assert read_settings().address(8470) == "http://127.0.0.1:8470"
    monkeypatch.setenv("LINKAGE_HOST", "::1")
    assert read_settings().address(8470) == "http://[::1]:8470"
