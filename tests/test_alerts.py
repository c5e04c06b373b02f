"""Each alert is fired by its own cause, stays quiet where all is well, and leads to what to do."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from services.counting import LATENCY_BUCKETS
from services.metrics import MEANINGS
from services.settings import Settings

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "deploy" / "prometheus"
RULES, TESTS = FOLDER / "linkage.rules.yml", FOLDER / "linkage.tests.yml"
ASKED, SYSTEMD = FOLDER / "prometheus.yml", ROOT / "deploy" / "systemd"
ONE_AWAY = "one of two projectors, and a second web service, that are away"
BUSY = "a busy morning without a late decision, and an hour in which every second is late"
ALERTS = re.findall(r"- alert: (\w+)", RULES.read_text())


def promtool(*arguments: str | Path, folder: Path = FOLDER) -> subprocess.CompletedProcess[str]:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")
    return subprocess.run([program, *map(str, arguments)], cwd=folder, capture_output=True, text=True, check=False)


def test_each_alert_is_fired_by_its_own_cause_and_quiet_where_all_is_well() -> None:
    said = promtool("test", "rules", TESTS.name)
    assert said.returncode == 0, said.stdout + said.stderr
    tests = TESTS.read_text()
    healthy = tests.split("  - name: ")[1]
    for alert in ALERTS:
        assert f"alertname: {alert}" in healthy, f"nothing says that {alert} is quiet where all is well"
        fired = re.findall(rf"alertname: {alert}\n        exp_alerts:\n", tests)
        assert fired, f"nothing fires {alert}"


@pytest.mark.parametrize(
    ("said", "instead", "noticed_by"),
    [
        ('status="stalled"} == 1', 'status="stalled"} == 2', "a projector that stands still"),
        ('le="60.0"', 'le="5.0"', "decisions that are late by seconds alone are not later than a minute"),
        ('up{job=~"linkage-.+"} == 0', 'absent(up{job=~"linkage-.+"})', ONE_AWAY),
        ("decided:rate5m[28d]", "decided:rate5m[1h]", BUSY),
        ('le="60.0"', 'le="300.0"', "one of a hundred decisions that takes more than a minute"),
    ],
)
def test_a_rule_that_looks_at_something_else_is_noticed(
    tmp_path: Path, said: str, instead: str, noticed_by: str
) -> None:
    head, *tests = TESTS.read_text().split("  - name: ")
    (one,) = (test for test in tests if test.startswith(f"{noticed_by}\n"))
    (tmp_path / TESTS.name).write_text(f"{head}  - name: {one}")
    rules = RULES.read_text()
    for text, holds in ((rules, True), (rules.replace(said, instead), False)):
        (tmp_path / RULES.name).write_text(text)
        assert (promtool("test", "rules", TESTS.name, folder=tmp_path).returncode == 0) is holds


def unasked(configuration: str) -> set[str]:
    """Return which ports that answer ``/metrics`` under systemd the configuration leaves out."""
    ports = {str(Settings.model_fields[name].default) for name in ("approval_port", "supervision_port")}
    for side in ("approval", "supervision"):
        unit = (SYSTEMD / f"linkage-{side}-projector@.service").read_text()
        before = re.findall(r"LINKAGE_METRICS_PORT=(\d+)%i", unit)[0]
        started = re.findall(rf"linkage-{side}-projector@(\d)", (SYSTEMD / f"linkage-{side}.target").read_text())
        ports |= {before + worker for worker in started}
    return ports - set(re.findall(r"localhost:(\d+)", configuration))


def test_prometheus_asks_each_web_service_and_each_projector(tmp_path: Path) -> None:
    assert unasked(ASKED.read_text()) == set()
    assert unasked(ASKED.read_text().replace("localhost:9482", "")) == {"9482"}
    assert promtool("check", "config", ASKED.name).returncode == 0
    shutil.copy(ASKED, tmp_path)
    assert promtool("check", "config", ASKED.name, folder=tmp_path).returncode != 0, "the rules are not beside it"


def test_each_alert_leads_to_its_entry_in_the_runbook() -> None:
    entries = re.findall(r"^### (\w+)$", (ROOT / "docs" / "alerts.md").read_text(), re.MULTILINE)
    assert entries == [*ALERTS, "LinkageDatabaseAway"], "the last is told by the product's own sender alone"
    led = re.findall(r'runbook: "\{\{ \$externalLabels.pages \}\}/runbook#(\w+)"', RULES.read_text())
    assert led == [alert.lower() for alert in ALERTS]
    assert re.search(r"external_labels:\n(?: *#.*\n)* +pages: http", ASKED.read_text()), "it would lead nowhere"


def uncounted(rules: str) -> set[str]:
    """Return which limits of latency the rules ask for that no histogram has: such a rule never fires."""
    return set(re.findall(r'le="([^"]+)"', rules)) - {str(limit) for limit in LATENCY_BUCKETS}


def test_rules_ask_only_for_latencies_that_are_counted_apart() -> None:
    assert uncounted(RULES.read_text()) == set()
    assert uncounted(RULES.read_text().replace('le="60.0"', 'le="90.0"')) == {"90.0"}


def test_rules_name_only_metrics_that_there_are() -> None:
    named = set(re.findall(r"\blinkage_\w+", RULES.read_text()))
    known = set(MEANINGS) | {f"linkage_visibility_latency_seconds_{part}" for part in ("bucket", "count")}
    known |= {"linkage_projection_events_total"}
    assert named <= known
