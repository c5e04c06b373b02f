"""A wrong setting is refused before anything starts, with its name and the fix, and without its value."""

from pathlib import Path

import pytest

from events.log.access import Secured
from services import beside_units
from services.databases import BOTH
from services.migrating import Side
from services.parts import Part
from services.running import migrate_databases, run
from services.settings import SettingsWrong, explained, read_settings
from services.trouble import WronglyAsked


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


GUARDED = {
    "LOG_URL": "kafka://log.example.cn:9093",
    "LINKAGE_KAFKA_PROTOCOL": "SASL_SSL",
    "LINKAGE_KAFKA_USER": "approval",
}


@pytest.mark.parametrize(
    ("given", "name", "fix"),
    [
        ({"LINKAGE_KAFKA_USER": ""}, "LINKAGE_KAFKA_USER", "`linkage kafka grant`"),
        ({"LINKAGE_KAFKA_PASSWORD_FILE": ""}, "LINKAGE_KAFKA_PASSWORD_FILE", "needs a file"),
        ({"LINKAGE_KAFKA_PASSWORD_FILE": "/nowhere/password"}, "LINKAGE_KAFKA_PASSWORD_FILE", "no such file"),
        ({"LINKAGE_KAFKA_PASSWORD_FILE": "two-lines"}, "LINKAGE_KAFKA_PASSWORD_FILE", "alone on one line"),
        ({"LINKAGE_KAFKA_CA_FILE": "/nowhere/ca.pem"}, "LINKAGE_KAFKA_CA_FILE", "no such file"),
        ({"LINKAGE_KAFKA_CA_FILE": "two-lines"}, "LINKAGE_KAFKA_CA_FILE", "PEM"),
        ({"LINKAGE_KAFKA_PROTOCOL": "SASL_PLAINTEXT"}, "LINKAGE_KAFKA_PROTOCOL", "set SASL_SSL"),
        ({"LINKAGE_KAFKA_PROTOCOL": "SSL"}, "LINKAGE_KAFKA_USER", "set LINKAGE_KAFKA_PROTOCOL=SASL_SSL"),
        ({"LINKAGE_KAFKA_PROTOCOL": "TLS"}, "LINKAGE_KAFKA_PROTOCOL", "'SASL_SSL'"),
        ({"LINKAGE_KAFKA_MECHANISM": "MD5"}, "LINKAGE_KAFKA_MECHANISM", "'SCRAM-SHA-512'"),
        ({"LOG_URL": "embedded:"}, "LINKAGE_KAFKA_PROTOCOL", "set LOG_URL=kafka://host:port"),
    ],
)
def test_settings_of_kafka_that_do_not_go_together_are_refused_with_the_fix(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: dict[str, str], name: str, fix: str
) -> None:
    password, lines = tmp_path / "password", tmp_path / "two-lines"
    password.write_text("secret\n")
    lines.write_text("secret\nsecret\n")
    for setting, value in {**GUARDED, "LINKAGE_KAFKA_PASSWORD_FILE": str(password), **given}.items():
        monkeypatch.setenv(setting, str(lines) if value == "two-lines" else value)
    with pytest.raises(SettingsWrong) as refused:
        read_settings()
    assert any(line.startswith(f"{name}: ") and fix in line for line in str(refused.value).splitlines()), refused.value
    assert "secret" not in str(refused.value)


def test_settings_of_kafka_that_go_together_are_taken_and_the_password_is_shown_nowhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    password = tmp_path / "password"
    password.write_text("unsaid\n")
    for setting, value in {**GUARDED, "LINKAGE_KAFKA_PASSWORD_FILE": str(password)}.items():
        monkeypatch.setenv(setting, value)
    settings = read_settings()
    assert settings.log == Secured("log.example.cn:9093", "SASL_SSL", "approval", "unsaid")
    assert "unsaid" not in f"{settings.log!r} {settings.log} {settings!r} {explained(settings)}"
    # On this machine nobody is on the way.
    monkeypatch.setenv("LINKAGE_KAFKA_PROTOCOL", "SASL_PLAINTEXT")
    monkeypatch.setenv("LOG_URL", "kafka://127.0.0.1:9092")
    assert isinstance(read_settings().log, Secured)


def test_a_shell_without_the_units_settings_begins_no_empty_site_beside_theirs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Who types what the runbook calls a part would repair nothing, and look at databases without a decision."""

    def refused(sides: frozenset[Side] = BOTH) -> str:
        try:
            beside_units.refuse_beside_units(
                read_settings(), sides, beside_units.instead_of_running(Part.SEQUENCER, "approval")
            )
        except WronglyAsked as wrong:
            return str(wrong)
        return ""

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LINKAGE_DATA", raising=False)
    monkeypatch.setattr(beside_units, "OF_UNITS", tmp_path / "linkage")
    assert refused() == "", "control: a machine without units is where a trial begins"
    (tmp_path / "linkage").mkdir()
    assert "systemctl restart linkage-approval-sequencer." in refused()
    with pytest.raises(WronglyAsked, match="empty site would begin"):
        run(Part.SEQUENCER)
    with pytest.raises(WronglyAsked, match="empty site would begin"):
        migrate_databases()
    assert not (tmp_path / "data").exists(), "and nothing was begun"
    # Controls: the units themselves, a site with databases of its own, and one that has begun are not refused.
    monkeypatch.setenv("APPROVAL_DATABASE_URL", "postgresql://u@h/d")
    assert refused(frozenset({"approval"})) == ""
    assert refused() != ""
    (tmp_path / "data" / "postgres").mkdir(parents=True)
    assert refused() == ""
    (tmp_path / "data" / "postgres").rmdir()
    monkeypatch.setenv("LINKAGE_DATA", str(tmp_path / "data"))
    assert refused() == ""
