"""A key that cannot be made again is made where it stays, or not at all: in containers, under systemd, by a command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from events.proof.signing import Algorithm
from services.access.production import refuse_unfit
from services.assembling import assembled
from services.checkpoint_commands import new_key
from services.migrating import Side
from services.parts import Part
from services.settings import Settings, SettingsWrong, read_settings
from services.settings_shown import left_off
from services.webhooks.sealing_key import WebhookKeyWrong, read_or_make
from services.webhooks.ways import manner_of
from tests.test_deployed import DEPLOY, SERVICES, SIDES, composed, drop_ins, unit

KEYS: dict[str, Callable[[Settings], Path]] = {
    "LINKAGE_MASTER_KEY_FILE": lambda settings: settings.key_file,
    "LINKAGE_ERASURES_FILE": lambda settings: settings.erasures_file,
    "LINKAGE_ENTRANCE_KEY_FILE": lambda settings: settings.entrance_key,
    "LINKAGE_SIGNING_KEYS": lambda settings: settings.signing_key_file("approval"),
    "LINKAGE_WEBHOOK_KEY_FILE": lambda settings: settings.webhook_key,
}
NEEDED = {
    "approval": ("LINKAGE_MASTER_KEY_FILE", "LINKAGE_ERASURES_FILE", "LINKAGE_ENTRANCE_KEY_FILE"),
    "supervision": ("LINKAGE_ENTRANCE_KEY_FILE",),
    Part.SEQUENCER: ("LINKAGE_SIGNING_KEYS",),
    Part.SCHEDULER: ("LINKAGE_WEBHOOK_KEY_FILE",),
}


def lost(given: Mapping[str, str], part: str, stays: Callable[[Path], bool]) -> Iterator[str]:
    """What of the keys, with the settings `given`, would be made where it does not stay, or not be there for `part`."""
    about = {name: value for name, value in given.items() if name in KEYS or name in ("LINKAGE_MODE", "LINKAGE_DATA")}
    settings = Settings(**about, LINKAGE_WEBHOOK_TARGETS="hooks.example.cn")  # type: ignore[arg-type]
    for name, place in KEYS.items():
        try:
            path = place(settings)
        except SettingsWrong:
            if name in NEEDED.get(part, ()):
                yield f"{name} is not named"
            continue
        if not stays(path):
            yield f"{name} would be lost: {path}"


# Containers


def lost_by_containers(file: Mapping[str, Any]) -> list[str]:
    found = []
    for name, service in file["services"].items():
        if service["image"].partition(":")[0] != "linkage":
            continue
        mounts = [Path(volume.split(":")[1]) for volume in service.get("volumes", ()) if not volume.endswith(":ro")]
        secrets = [Path("/run/secrets") / secret for secret in service.get("secrets", ())]
        memory = [Path(one) for one in service.get("tmpfs", ())]

        def stays(
            path: Path, mounts: list[Path] = mounts, secrets: list[Path] = secrets, memory: list[Path] = memory
        ) -> bool:
            kept = path in secrets or any(path.is_relative_to(one) for one in mounts)
            return kept and not any(path.is_relative_to(one) for one in memory)

        part = service["command"][1] if service["command"][0] == "run" else ""
        found += [f"{name}: {fault}" for fault in lost(service.get("environment", {}), part, stays)]
    return found


def test_no_container_makes_a_key_where_it_ends_with_the_container() -> None:
    assert lost_by_containers(composed()) == []


@pytest.mark.parametrize(
    ("service", "setting", "value", "named"),
    [
        ("approval-sequencer", "LINKAGE_SIGNING_KEYS", "/tmp/keys", "would be lost: /tmp/keys/signing-approval.key"),
        ("approval-sequencer", "LINKAGE_SIGNING_KEYS", None, "LINKAGE_SIGNING_KEYS is not named"),
        ("supervision-scheduler", "LINKAGE_WEBHOOK_KEY_FILE", None, "LINKAGE_WEBHOOK_KEY_FILE is not named"),
        ("supervision-scheduler", "LINKAGE_WEBHOOK_KEY_FILE", "/srv/webhook.key", "would be lost: /srv/webhook.key"),
        # As it was: beside the master key, which is a secret that nothing can be written beside.
        ("approval", "LINKAGE_ERASURES_FILE", None, "would be lost: /run/secrets/erasures.jsonl"),
        # As it was: a command in a container that is taken away made keys in its memory.
        ("look", "LINKAGE_MODE", "trial", "would be lost: /tmp/linkage/signing-approval.key"),
    ],
)
def test_a_container_that_would_lose_a_key_is_named(service: str, setting: str, value: str | None, named: str) -> None:
    broken = composed()
    environment = broken["services"][service]["environment"]
    if value is None:
        del environment[setting]
    else:
        environment[setting] = value
    found = lost_by_containers(broken)
    assert any(named in fault for fault in found), found
    assert {fault.split(":")[0] for fault in found} == {service}


def test_a_container_without_its_volume_is_named_and_two_sides_share_no_key() -> None:
    file = composed()
    folders = [
        file["services"][f"{side}-{part}"]["volumes"] for side in SIDES for part in (Part.SEQUENCER, Part.SCHEDULER)
    ]
    assert len({volume for volumes in folders for volume in volumes if not volume.endswith(":ro")}) == 4
    del file["services"]["approval-sequencer"]["volumes"]
    assert lost_by_containers(file) == [
        "approval-sequencer: LINKAGE_SIGNING_KEYS would be lost: /signing/signing-approval.key"
    ]


# systemd


def lost_by_units(example: str) -> list[str]:
    """With ``example`` in the place of both files under /etc/linkage."""
    found = []
    for path in SERVICES:
        read = [unit(one) for one in (*drop_ins(path.name), path)]
        words = " ".join(one.get("Service", "Environment", fallback="") for one in read).split()
        given = dict(word.split("=", 1) for word in words)
        given |= dict(line.split("=", 1) for line in example.splitlines() if line and not line.startswith("#"))
        state = next(one["Service"]["StateDirectory"] for one in read if one.has_option("Service", "StateDirectory"))
        kept = {name: value.replace("%S", "/var/lib").replace("%d", "/credentials") for name, value in given.items()}
        credentials = [
            Path("/credentials") / word.split(":")[0]
            for one in read
            for word in one.get("Service", "LoadCredential", fallback="").split()
        ]

        def stays(path: Path, folder: Path = Path("/var/lib") / state, handed: list[Path] = credentials) -> bool:
            return path in handed or path.is_relative_to(folder)

        part = shell_word(path)
        found += [f"{path.name}: {fault}" for fault in lost(kept, part, stays)]
    return found


def shell_word(path: Path) -> str:
    return unit(path)["Service"]["ExecStart"].split()[2]


EXAMPLES: dict[str, Path] = {side: DEPLOY / "settings" / f"{side}.env.example" for side in SIDES}


def test_no_unit_makes_a_key_where_it_ends_with_the_unit() -> None:
    for side, path in EXAMPLES.items():
        found = [fault for fault in lost_by_units(path.read_text()) if fault.startswith(f"linkage-{side}")]
        assert found == []


@pytest.mark.parametrize(
    ("line", "instead", "named"),
    [
        ("LINKAGE_SIGNING_KEYS=/var/lib/linkage/approval-keys", "", "LINKAGE_SIGNING_KEYS is not named"),
        ("/var/lib/linkage/approval-keys/webhook.key", "/tmp/webhook.key", "would be lost: /tmp/webhook.key"),
        ("LINKAGE_ERASURES_FILE=/var/lib/linkage/approval-keys/erasures.jsonl", "", "lost: /credentials/erasures"),
    ],
)
def test_a_unit_that_would_lose_a_key_is_named(line: str, instead: str, named: str) -> None:
    text = EXAMPLES["approval"].read_text()
    assert line in text
    found = [fault for fault in lost_by_units(text.replace(line, instead)) if fault.startswith("linkage-approval")]
    assert any(named in fault for fault in found), found


@pytest.mark.parametrize("side", SIDES)
def test_the_example_names_settings_there_are_for_a_site_that_may_start(
    side: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LINKAGE_MODE", "production")
    monkeypatch.setenv("LINKAGE_ENTRANCE", "accounts")
    password = tmp_path / "kafka.password"
    password.write_text("unsaid\n")
    monkeypatch.setenv("LINKAGE_KAFKA_PASSWORD_FILE", str(password))
    for name in ("LINKAGE_MASTER_KEY_FILE", "LINKAGE_ENTRANCE_KEY_FILE", "APPROVAL_SERVICE_KEY_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "as.credential"))
    for line in EXAMPLES[side].read_text().splitlines():
        name, _, value = line.partition("=")
        if not name.startswith(("#", "LINKAGE_KAFKA_CA_FILE")):  # the site's authority is not here
            monkeypatch.setenv(name, value)
    refuse_unfit(read_settings(), [side], signing=[side], webhooks=True)


# What a site should have besides


def goes_without(given: Mapping[str, str], side: Side) -> list[str]:
    about = ("LINKAGE_MODE", "LINKAGE_DISK", "LINKAGE_DATABASE_ROOM", "LINKAGE_ALERT", f"{side.upper()}_DATABASE")
    settings = Settings(**{name: value for name, value in given.items() if name.startswith(about)})  # type: ignore[arg-type]
    return [one.split(": ")[1] for one in left_off(settings, [side])]


@pytest.mark.parametrize("side", SIDES)
def test_containers_and_example_watch_the_disk_and_tell_somebody(side: Side) -> None:
    services = composed()["services"]
    mounted = [volume.split(":")[1:] for volume in services[f"{side}-sequencer"]["volumes"]]
    assert ["/databases", "ro"] in mounted
    composition = {
        **services[f"{side}-sequencer"]["environment"], **services[f"{side}-scheduler"]["environment"]
    }  # fmt: skip
    lines = [line.partition("=") for line in EXAMPLES[side].read_text().splitlines() if not line.startswith("#")]
    example = {"LINKAGE_MODE": "production"} | {name: value for name, _, value in lines}
    for given, disk in ((composition, "LINKAGE_DISK_FOLDER"), (example, "LINKAGE_DATABASE_ROOM")):
        assert goes_without(given, side) == []
        without = {name: value for name, value in given.items() if name not in (disk, "LINKAGE_ALERT_RECIPIENTS_FILE")}
        assert goes_without(without, side) == ["LINKAGE_DISK_FOLDER", "LINKAGE_ALERT_RECIPIENTS_FILE"]


# Commands and parts


@pytest.fixture
def production(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LINKAGE_DATA", str(tmp_path))
    monkeypatch.setenv("LINKAGE_MODE", "production")
    monkeypatch.setenv("LINKAGE_WEBHOOK_TARGETS", "hooks.example.cn")
    return tmp_path


@pytest.mark.parametrize(
    ("part", "named"),
    [(Part.SEQUENCER, "LINKAGE_SIGNING_KEYS"), (Part.SCHEDULER, "LINKAGE_WEBHOOK_KEY_FILE")],
)
def test_a_part_whose_key_has_no_place_is_refused_before_anything_is_opened(
    production: Path, part: Part, named: str
) -> None:
    with (
        pytest.raises(SettingsWrong, match=f"^{named}: .*keep a copy elsewhere$"),
        assembled(read_settings(), part, Event(), side="approval"),
    ):
        pass
    assert list(production.iterdir()) == []


def test_a_command_makes_no_key_in_a_place_that_nobody_named(production: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsWrong, match=r"^LINKAGE_SIGNING_KEYS: "):
        new_key("approval", Algorithm.ED25519)
    with pytest.raises(SettingsWrong, match=r"^LINKAGE_WEBHOOK_KEY_FILE: "):
        manner_of("approval", read_settings())  # what `webhooks add` and `rotate` ask first
    assert list(production.iterdir()) == []
    # Controls: with a place both are there; a site that sends no webhooks needs none; a trial keeps all in one folder.
    monkeypatch.setenv("LINKAGE_SIGNING_KEYS", str(production / "kept"))
    monkeypatch.setenv("LINKAGE_WEBHOOK_KEY_FILE", str(production / "kept" / "webhook.key"))
    refuse_unfit(read_settings(), (), signing=SIDES, webhooks=True)
    monkeypatch.delenv("LINKAGE_WEBHOOK_KEY_FILE")
    monkeypatch.delenv("LINKAGE_WEBHOOK_TARGETS")
    refuse_unfit(read_settings(), (), signing=SIDES, webhooks=True)
    monkeypatch.setenv("LINKAGE_MODE", "trial")
    monkeypatch.delenv("LINKAGE_SIGNING_KEYS")
    assert read_settings().signing_key_file("approval") == production / "signing-approval.key"


def test_a_place_where_no_key_can_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WebhookKeyWrong, match="LINKAGE_WEBHOOK_KEY_FILE"):
        read_or_make(tmp_path / "file" / "webhook.key")
    key = read_or_make(tmp_path / "keys" / "webhook.key")
    assert read_or_make(tmp_path / "keys" / "webhook.key") == key, "made once"
