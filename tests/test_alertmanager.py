"""What Prometheus fires reaches somebody: who hears it, in which words, and not all that follows from one cause."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from services.alerts import KINDS
from services.pages import runbook

DEPLOY = Path(__file__).parents[1] / "deploy"
FOLDER = DEPLOY / "alertmanager"
CONFIGURATION, WORDS = FOLDER / "alertmanager.yml", FOLDER / "linkage.tmpl"
RULES = dict(
    re.findall(
        r"- alert: (\w+)\n(?:.*\n)*?        labels: \{severity: (\w+)\}",
        (DEPLOY / "prometheus" / "linkage.rules.yml").read_text(),
    )
)
HEARD_BY = {"page": "on-duty", "ticket": "operators", "none": "outer-check"}


def amtool(*arguments: str, folder: Path = FOLDER) -> str:
    program = shutil.which("amtool")
    if program is None:
        pytest.skip("amtool is not installed (Debian: apt-get install prometheus-alertmanager)")
    said = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout.strip()


def heard_by(folder: Path = FOLDER) -> dict[str, str]:
    """Return who is told of one alert of each severity."""
    one_of = {severity: name for name, severity in RULES.items()}
    return {
        severity: amtool(
            "config", "routes", "test", f"--config.file={CONFIGURATION.name}", f"alertname={name}",
            f"severity={severity}", folder=folder,
        )
        for severity, name in one_of.items()
    }  # fmt: skip


def unknown(configuration: str) -> set[str]:
    """Return which alerts the configuration names that no rule fires."""
    return set(re.findall(r"\bLinkage\w+", configuration)) - set(RULES)


def test_each_alert_is_heard_by_whom_its_severity_calls(tmp_path: Path) -> None:
    assert "SUCCESS" in amtool("check-config", CONFIGURATION.name)
    assert len(RULES) == (DEPLOY / "prometheus" / "linkage.rules.yml").read_text().count("- alert: ")
    assert heard_by() == HEARD_BY
    shutil.copy(WORDS, tmp_path)
    broken = CONFIGURATION.read_text().replace('severity = "page"', 'severity = "pages"')
    (tmp_path / CONFIGURATION.name).write_text(broken)
    assert heard_by(tmp_path) != HEARD_BY, "a route that hears nothing is noticed"


def test_the_configuration_names_only_alerts_that_there_are_and_no_password() -> None:
    configuration = CONFIGURATION.read_text()
    assert unknown(configuration) == set()
    assert unknown(configuration.replace("LinkageStalled", "LinkageStaled")) == {"LinkageStaled"}
    assert not re.search(r"(password|credentials|api_key|bot_token): ", configuration), "secrets are in files"


def test_a_message_is_in_the_operators_words_and_leads_to_the_runbook(tmp_path: Path) -> None:
    titles = dict(re.findall(r'eq \. "(\w+)" \}\}([^\n{]+)', WORDS.read_text()))
    assert set(titles) == set(RULES) - {"LinkageWatchdog"}
    assert {name: titles[name] for name in titles if name in KINDS} == {
        name: kind.title for name, kind in KINDS.items() if name != "LinkageDatabaseAway"
    }
    told = {one.alert: one.title for one in runbook.shipped().entries}
    assert titles == {name: title for name, title in told.items() if name in titles}
    labels = {"alertname": "LinkageStalled", "severity": "page", "projection": "intake"}
    one = {
        "status": "firing", "labels": labels, "startsAt": "2026-11-24T04:00:00Z", "endsAt": "2026-11-24T05:00:00Z",
        "annotations": {"summary": "intake stands still", "runbook": "https://linkage.city.example/runbook#linkagestalled"},
    }  # fmt: skip
    data = tmp_path / "data.json"
    data.write_text(json.dumps({"status": "firing", "alerts": [one], "commonLabels": labels}))
    text = '{{ template "linkage.subject" . }}\n{{ template "linkage.text" . }}'
    said = amtool(
        "template", "render", f"--template.glob={WORDS.name}", f"--template.text={text}", f"--template.data={data}"
    )
    assert said.startswith("审管联动告警：处理停滞\n紧急 处理停滞（intake）")
    assert "处置：https://linkage.city.example/runbook#linkagestalled" in said
