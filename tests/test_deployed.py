"""What sites are given to start the parts with says what the code does: units of systemd, containers, brokers."""

from __future__ import annotations

import configparser
import inspect
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from services import part_names
from services.command_line import COMMANDS
from services.migrating import Side
from services.parts import Part
from services.settings import Settings

DEPLOY = Path(__file__).parents[1] / "deploy"
UNITS = DEPLOY / "systemd"
PROGRAM = "/srv/linkage/.venv/bin/linkage"
SETTINGS = {str(field.validation_alias) for field in Settings.model_fields.values()}
SIDES: tuple[Side, ...] = get_args(Side)
BEYOND_THE_WEB = (Part.SEQUENCER, Part.RELAY, Part.SCHEDULER, Part.PROJECTOR)


def wrong_command(words: Sequence[str]) -> str:
    """Why `linkage WORDS` is no command of this release, or nothing."""
    name = next((name for name in COMMANDS if list(words[: len(name.split())]) == name.split()), None)
    if name is None:
        return f"there is no command {' '.join(words[:2])}"
    rest = list(words[len(name.split()) :])
    module, function = COMMANDS[name][0].split(":")
    known = inspect.signature(getattr(import_module(module), function)).parameters
    options = [one for one in rest if one.startswith("--")]
    if wrong := [one for one in options if one[2:].replace("-", "_") not in known]:
        return f"{name} has no {wrong[0]}"
    if name == "run" and rest[0] not in list(Part):
        return f"there is no part {rest[0]}"
    return f"there is no side {rest[-1]}" if "--side" in options and rest[-1] not in SIDES else ""


def unit(path: Path) -> configparser.ConfigParser:
    """Lines that stand several times, as systemd allows, are joined."""
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    joined: dict[tuple[str, str], list[str]] = {}
    section = ""
    for line in path.read_text().splitlines():
        if line.startswith("["):
            section = line
        elif "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            joined.setdefault((section, name), []).append(value)
    text = ""
    for section in dict.fromkeys(place for place, _ in joined):
        mine = {name: values for (place, name), values in joined.items() if place == section}
        text += f"{section}\n" + "".join(f"{name}={' '.join(values)}\n" for name, values in mine.items())
    parser.read_string(text)
    return parser


def drop_ins(name: str) -> list[Path]:
    """What systemd reads with a unit: linkage-.service.d and linkage-SIDE-.service.d."""
    return [
        path for folder in UNITS.glob("*.service.d") if name.startswith(folder.name[:-10]) for path in folder.glob("*")
    ]


def named_settings(text: str) -> set[str]:
    return set(re.findall(r"\b(LINKAGE_[A-Z_]+|[A-Z]+_(?:DATABASE_URL|LEDGER_URL|SERVICE_URL|PORT)|LOG_URL)=", text))


SERVICES = sorted(UNITS.glob("*.service"))


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_every_unit_starts_a_command_there_is_and_drains_before_it_is_ended(path: Path) -> None:
    read = [unit(one) for one in (path, *drop_ins(path.name))]
    service: dict[str, str] = {}
    for one in read:
        service |= dict(one["Service"]) if one.has_section("Service") else {}
    program, *words = shlex.split(service["ExecStart"])
    assert program == PROGRAM
    assert not wrong_command(words), service["ExecStart"]
    assert path.name.split("-")[1] in words, "a unit of one side runs the other"
    assert (service["Restart"], service["KillSignal"], service["KillMode"]) == ("always", "SIGTERM", "mixed")
    assert int(service["TimeoutStopSec"]) >= 10
    assert (service["User"], service["NoNewPrivileges"], service["ProtectSystem"]) == ("linkage", "yes", "strict")


def test_units_name_settings_there_are_and_secrets_come_as_credentials() -> None:
    for path in [*SERVICES, *UNITS.glob("*.service.d/*")]:
        text = path.read_text()
        assert named_settings(text) <= SETTINGS, path.name
        credentials = set(re.findall(r"^LoadCredential=([^:]+):", text, re.MULTILINE))
        assert set(re.findall(r"=%d/(\S+)$", text, re.MULTILINE)) == credentials, path.name
        assert not re.search(r"(?i)password=|passwd", text), path.name


@pytest.mark.parametrize("side", SIDES)
def test_the_target_of_a_side_wants_every_part_of_it_and_two_projectors(side: Side) -> None:
    wanted = unit(UNITS / f"linkage-{side}.target")["Unit"]["Wants"].split()
    there = {path.name for path in SERVICES if path.name.startswith(f"linkage-{side}-")}
    assert {re.sub(r"@\d", "@", name) for name in wanted} == there
    assert len([name for name in wanted if "projector@" in name]) == 2
    started = [shlex.split(unit(UNITS / name)["Service"]["ExecStart"])[2:] for name in sorted(there)]
    expected = [[str(side)], *([str(part), "--side", str(side)] for part in BEYOND_THE_WEB)]
    assert sorted(started) == sorted(expected)


def test_a_unit_with_a_part_or_an_option_that_there_is_not_would_be_found() -> None:
    assert not wrong_command(["run", "projector", "--side", "approval"])
    assert wrong_command(["run", "projektor", "--side", "approval"]) == "there is no part projektor"
    assert wrong_command(["run", "projector", "--side", "approvals"]) == "there is no side approvals"
    assert wrong_command(["run", "projector", "--workers", "2"]) == "run has no --workers"
    assert wrong_command(["start", "projector"]).startswith("there is no command")
    assert named_settings("Environment=LINKAGE_DTAA=x LOG_URL=y") - SETTINGS == {"LINKAGE_DTAA"}


def test_systemd_itself_finds_nothing_wrong_where_it_can_be_asked(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        assert SERVICES, "read above; systemd is not on this machine"
        return
    folder = tmp_path / "units"
    shutil.copytree(UNITS, folder)
    for path in folder.glob("*.service"):  # the program is not where the unit looks for it
        path.write_text(path.read_text().replace(PROGRAM, "/bin/true"))

    def complaints() -> str:
        units = [str(path) for path in sorted(folder.glob("*.*")) if path.is_file()]
        done = subprocess.run(
            [analyze, "verify", "--man=no", *units],
            env={"SYSTEMD_UNIT_PATH": f"{folder}:"}, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        return "\n".join(line for line in done.stderr.splitlines() if str(folder) in line)

    assert not complaints()
    common = folder / "linkage-.service.d" / "common.conf"
    common.write_text(common.read_text().replace("KillMode=mixed", "KillMod=mixed"))
    assert "KillMod" in complaints()


# Containers


def composed() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose" / "compose.yml").read_text())
    return read


def faults(file: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """What of a compose file is not so in this repository."""
    services, secrets = file["services"], file["secrets"]
    for name, service in services.items():
        image, _, version = service["image"].partition(":")
        if not re.match(r"\d+\.\d+\.\d+|\d+\.\d+-", version):
            yield f"{name}: {image} is of no fixed version"
        yield from (f"{name}: waits for {one}" for one in service.get("depends_on", {}) if one not in services)
        yield from (f"{name}: no secret {one}" for one in service.get("secrets", ()) if one not in secrets)
        given = service.get("environment", {})
        for secret in re.findall(r"/run/secrets/(\w+)", f"{given} {service.get('command')}"):
            if secret not in service.get("secrets", ()):
                yield f"{name}: reads {secret}, which it is not given"
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            made = source.startswith("./made/") or source in file["volumes"]
            if not made and not (folder / source).exists():
                yield f"{name}: {source} is not there"
        if image == "linkage":
            yield from (f"{name}: there is no setting {one}" for one in given if one not in SETTINGS)
            if wrong := wrong_command(service["command"]):
                yield f"{name}: {wrong}"
            if service["command"] in [["run", side] for side in SIDES] and "/readyz" not in str(service["healthcheck"]):
                yield f"{name}: nobody asks /readyz"
    for side in SIDES:
        ran = [service["command"][1:] for service in services.values() if service["command"][0] == "run"]
        for part in ([side], *([str(part), "--side", side] for part in BEYOND_THE_WEB)):
            if part not in ran:
                yield f"nobody runs {part}"
        if services[f"{side}-projector"]["deploy"]["replicas"] != 2:
            yield f"{side}: not two projectors"
    if re.search(r"(?i)password\W*[:=]\s*[a-z0-9]{4}", str(file).replace("/run/secrets", "")):
        yield "a password stands in it"


def test_every_part_is_a_container_with_settings_commands_and_secrets_that_there_are() -> None:
    assert not list(faults(composed(), DEPLOY / "compose"))


def unknown_names(unit_of: Callable[[str, str], str] = part_names.unit) -> set[str]:
    """Return what operators are told to start and neither units nor compose file have."""
    told = {(side, part) for side in SIDES for part in (*BEYOND_THE_WEB, Part(side))}
    containers = set(composed()["services"])
    missing = {part_names.container(*one) for one in told} - containers
    for one in told:
        name = unit_of(*one).replace("@1", "@")
        missing |= {name} if not (UNITS / f"{name}.service").exists() else set()
    return missing


def test_what_operators_are_told_to_start_is_what_units_and_containers_are_called() -> None:
    assert unknown_names() == set()
    assert unknown_names(lambda side, part: f"linkage-{part}-{side}") >= {"linkage-sequencer-approval"}
    guide = (DEPLOY.parent / "docs" / "deploying.md").read_text()
    for part in BEYOND_THE_WEB:
        assert f"linkage-SIDE-{part}" in guide
        assert f"docker compose restart SIDE-{part}" in guide
    told = part_names.restarting("supervision", "projector")
    assert "systemctl restart linkage-supervision-projector@1" in told
    assert "docker compose restart supervision-projector" in told


@pytest.mark.parametrize(
    ("place", "value", "named"),
    [
        (("approval", "command"), ["run", "approvals"], "approval: there is no part approvals"),
        (("approval-relay", "image"), "linkage:latest", "approval-relay: linkage is of no fixed version"),
        (("kafka", "depends_on"), {"zookeeper": {}}, "kafka: waits for zookeeper"),
        (("supervision", "environment"), {"LINKAGE_DTAA": "x"}, "supervision: there is no setting LINKAGE_DTAA"),
        (("supervision", "secrets"), [], "supervision: reads authority, which it is not given"),
        (("supervision", "healthcheck"), {"test": ["CMD", "true"]}, "supervision: nobody asks /readyz"),
        (("postgres", "volumes"), ["./pg_hba:/x"], "postgres: ./pg_hba is not there"),
        (("supervision-scheduler", "command"), ["run", "relay"], "nobody runs ['scheduler', '--side', 'supervision']"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_a_compose_file_that_is_not_of_this_release_would_be_found(
    place: tuple[str, str], value: object, named: str
) -> None:
    broken = composed()
    broken["services"][place[0]][place[1]] = value
    assert named in [
        fault.replace("<Part.SCHEDULER: 'scheduler'>", "'scheduler'") for fault in faults(broken, DEPLOY / "compose")
    ]


def test_preparing_makes_every_secret_and_certificates_that_the_authority_signed(tmp_path: Path) -> None:
    made = tmp_path / "made"
    keys = []
    for _ in range(2):  # what is there stays: a second master key would lock every name away
        subprocess.run([str(DEPLOY / "compose" / "prepare"), str(made)], check=True, capture_output=True, timeout=60)
        keys.append((made / "master.key").read_text())
    assert keys[0] == keys[1]
    assert len(bytes.fromhex(keys[0])) == 32
    for secret in composed()["secrets"].values():
        path = made / Path(secret["file"]).relative_to("made")
        assert path.stat().st_size, secret
        assert not path.stat().st_mode & 0o077, "others can read it"
    signed = [str(made / f"{server}.crt") for server in ("kafka", "postgres")]
    subprocess.run(
        ["openssl", "verify", "-CAfile", str(made / "authority.pem"), *signed], check=True, capture_output=True
    )
    broker = (made / "kafka" / "server.properties").read_text()
    assert not re.findall(r"^[^#].*@[A-Z]+@", broker, re.MULTILINE)
    assert "listeners=SASL_SSL://kafka:9093," in broker


def test_the_image_is_made_of_what_is_locked_and_carries_all_that_runs() -> None:
    text = (DEPLOY / "compose" / "Containerfile").read_text()
    assert re.search(r"^FROM python:3\.\d+\.\d+-", text, re.MULTILINE)
    assert "--require-hashes -r requirements.lock" in text
    assert {"events", "projections", "services"} <= set(re.findall(r"^COPY (\w+) ", text, re.MULTILINE))
    assert "STOPSIGNAL SIGTERM" in text
    assert "USER linkage" in text


def left_uncompiled(text: str) -> set[str]:
    """The packages that an installation leaves to be compiled at each start, by who may not keep what he compiled."""
    compiled = re.search(r"python -m compileall -q ([\w ]+)", text)
    return {"events", "projections", "services"} - set(compiled[1].split() if compiled else ())


@pytest.mark.parametrize(
    "path", [DEPLOY / "compose" / "Containerfile", DEPLOY.parent / "Makefile"], ids=lambda p: p.name
)
def test_what_is_installed_is_compiled_once_and_not_at_each_start(path: Path) -> None:
    text = path.read_text()
    assert not left_uncompiled(text)
    assert left_uncompiled(text.replace("compileall", "pip check")), "an installation without it is noticed"
