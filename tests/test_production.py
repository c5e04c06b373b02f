"""A site that counts does not start with an open door, with secrets that nobody drew, or reached by plain HTTP."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from services.access.production import refuse_unfit
from services.assembling import assembled
from services.demonstration import demo
from services.parts import Part
from services.settings import Settings, SettingsWrong, read_settings
from services.trouble import WronglyAsked

BOTH = ("approval", "supervision")


@pytest.fixture
def fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A site that may start."""
    for name, key in (("master.key", "0f1e2d3c4b5a6978" * 4), ("entrance.key", "13579bdf02468ace" * 4)):
        (tmp_path / name).write_text(key)
    given = {
        "LINKAGE_MODE": "production",
        "LINKAGE_DATA": str(tmp_path),
        "LINKAGE_ENTRANCE": "accounts",
        "LINKAGE_ENTRANCE_KEY_FILE": str(tmp_path / "entrance.key"),
        "LINKAGE_MASTER_KEY_FILE": str(tmp_path / "master.key"),
        "LINKAGE_SIGNING_KEYS": str(tmp_path),
        "APPROVAL_SERVICE_KEY_FILE": str(tmp_path / "service.key"),
        "APPROVAL_PUBLIC_URL": "https://approval.example",
        "SUPERVISION_PUBLIC_URL": "https://supervision.example",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return given


def refused(settings: Settings) -> str:
    with pytest.raises(SettingsWrong) as wrong:
        refuse_unfit(settings, BOTH)
    return str(wrong.value)


def test_a_site_with_a_log_in_secrets_of_its_own_and_https_may_start(fit: dict[str, str]) -> None:
    refuse_unfit(read_settings(), BOTH)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("LINKAGE_ENTRANCE", "open", "takes nobody's word"),
        ("LINKAGE_ENTRANCE", "", "takes nobody's word"),
        ("APPROVAL_PUBLIC_URL", "", "https"),
        ("SUPERVISION_PUBLIC_URL", "http://supervision.example", "https"),
        ("LINKAGE_MASTER_KEY_FILE", "", "a place of its own"),
        ("LINKAGE_ENTRANCE_KEY_FILE", "", "a place of its own"),
        ("APPROVAL_SERVICE_KEY_FILE", "", "asks who comes"),
        ("APPROVAL_SERVICE_URL", "http://10.1.2.3:8470", "https"),
        ("LINKAGE_AUDIT_SYSLOG", "tcp://10.1.2.3:514", "in clear"),
    ],
)
def test_production_refuses_each_of_these_by_name(
    fit: dict[str, str], monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(name, value)
    said = refused(read_settings())
    assert said.startswith(f"{name}: ")
    assert says in said
    assert "\n" not in said
    monkeypatch.setenv("LINKAGE_MODE", "trial")
    refuse_unfit(read_settings(), BOTH)


@pytest.mark.parametrize("side", ["APPROVAL", "SUPERVISION"])
def test_production_on_a_server_of_ones_own_takes_the_web_role_on_each_side(
    fit: dict[str, str], monkeypatch: pytest.MonkeyPatch, side: str
) -> None:
    """Negative control: with its address the same site may start. The embedded server makes the role by itself."""
    monkeypatch.setenv(f"{side}_DATABASE_URL", "postgresql://linkage@db.example/it")
    assert refused(read_settings()).startswith(f"{side}_WEB_DATABASE_URL: ")
    monkeypatch.setenv(f"{side}_WEB_DATABASE_URL", "postgresql://linkage_web@db.example/it")
    refuse_unfit(read_settings(), BOTH)


def test_production_refuses_keys_that_were_not_drawn_and_the_demos_city(fit: dict[str, str]) -> None:
    (Path(fit["LINKAGE_DATA"]) / "demo").mkdir()
    Path(fit["LINKAGE_MASTER_KEY_FILE"]).write_text("00" * 32)
    said = refused(read_settings())
    assert [line.split(":")[0] for line in said.splitlines()] == ["LINKAGE_MASTER_KEY_FILE", "LINKAGE_DATA"]


def test_production_is_refused_before_anything_is_opened_and_parts_without_pages_are_not(
    fit: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINKAGE_ENTRANCE", "open")
    with pytest.raises(SettingsWrong, match="LINKAGE_ENTRANCE"), assembled(read_settings(), Part.ALL, Event()):
        pass
    assert not (Path(fit["LINKAGE_DATA"]) / "postgres").exists()
    refuse_unfit(read_settings(), ())
    with pytest.raises(WronglyAsked, match="LINKAGE_MODE"):
        demo()


def test_the_sites_own_log_in_needs_all_of_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKAGE_ENTRANCE", "oidc")
    with pytest.raises(SettingsWrong) as wrong:
        read_settings()
    assert "LINKAGE_OIDC_KEYS_URL: " in str(wrong.value)
    monkeypatch.setenv("LINKAGE_ENTRANCE", "accounts")
    monkeypatch.setenv("LINKAGE_OIDC_ROLES", "boss=emperor")
    with pytest.raises(SettingsWrong, match="there is no role emperor"):
        read_settings()
