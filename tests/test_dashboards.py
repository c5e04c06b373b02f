"""Every curve of the Grafana dashboards is of a metric that there is, and of the one Prometheus that is provisioned."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.counting import CommandMetrics, DeskMetrics, ProjectionMetrics
from services.metrics import COUNTED, MEANINGS

DEPLOY = Path(__file__).parents[1] / "deploy"
GRAFANA = DEPLOY / "grafana"
BOARDS = {one.name: json.loads(one.read_text()) for one in sorted((GRAFANA / "dashboards").glob("*.json"))}
RULES = (DEPLOY / "prometheus" / "linkage.rules.yml").read_text()


def curves(board: dict[str, Any]) -> Iterator[str]:
    return (target["expr"] for panel in board["panels"] for target in panel["targets"])


def known() -> set[str]:
    """Return every name that a scrape can answer with, and every recorded one."""
    registry = CollectorRegistry()
    DeskMetrics(registry).note(1, 0, 0.1)
    CommandMetrics(registry).observe({"accepted": 1})
    seen = ProjectionMetrics(registry, "intake", "approval", lambda: datetime.now(UTC))
    seen.latency.labels("D").observe(1.0)
    counted = list(registry.collect())
    gauges = set(MEANINGS) - {one.name for one in counted} - COUNTED | {f"{one}_total" for one in COUNTED}
    sampled = {sample.name for one in counted for sample in one.samples}
    return gauges | sampled | set(re.findall(r"record: (\S+)", RULES))


def unknown(board: dict[str, Any]) -> set[str]:
    return {name for one in curves(board) for name in re.findall(r"\blinkage[_:][\w:]+", one)} - known()


@pytest.mark.parametrize("name", BOARDS)
def test_a_dashboard_names_only_metrics_that_there_are(name: str) -> None:
    board = BOARDS[name]
    assert unknown(board) == set()
    wrong = json.loads(json.dumps(board).replace("linkage_projection_lag_seconds", "linkage_projection_delay"))
    assert unknown(wrong) == {"linkage_projection_delay"}


def test_every_curve_can_be_read_by_prometheus(tmp_path: Path) -> None:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")
    every = [one.replace("$__rate_interval", "5m") for board in BOARDS.values() for one in curves(board)]

    def read(*curves: str) -> int:
        rules = [{"record": f"curve:{number}", "expr": one} for number, one in enumerate(curves)]
        (tmp_path / "curves.yml").write_text(json.dumps({"groups": [{"name": "curves", "rules": rules}]}))
        said = subprocess.run([program, "check", "rules", "curves.yml"], cwd=tmp_path, capture_output=True, check=False)
        return said.returncode

    assert read(*every) == 0
    assert read(*every, "sum by linkage_parked_events") != 0


def test_all_curves_are_of_the_prometheus_that_is_provisioned_and_every_panel_says_what_it_shows() -> None:
    provisioned = re.findall(r"uid: (\S+)", (GRAFANA / "provisioning" / "datasources" / "linkage.yml").read_text())
    assert provisioned == ["linkage-prometheus"]
    assert len({board["uid"] for board in BOARDS.values()}) == len(BOARDS) == 2
    for board in BOARDS.values():
        panels = board["panels"]
        assert len({panel["id"] for panel in panels}) == len(panels)
        for panel in panels:
            sources = {panel["datasource"]["uid"], *(target["datasource"]["uid"] for target in panel["targets"])}
            assert sources == {"linkage-prometheus"}
            assert panel["title"]
            assert panel["description"], panel["title"]


def test_what_an_operator_asks_first_is_on_the_overview() -> None:
    shown = " ".join(curves(BOARDS["linkage-overview.json"]))
    for asked in (
        "linkage_projection_status", "linkage_projection_lag_seconds", "linkage_canary_last_success_timestamp_seconds",
        "linkage:late_ratio:1h", "linkage_outbox_pending_events", "linkage_parked_events",
        "linkage_completeness_missing_events", "linkage_projection_heartbeat_timestamp_seconds",
        "linkage_disk_free_bytes", "linkage:late_ratio:28d", "linkage:very_late_ratio:28d",
    ):  # fmt: skip
        assert asked in shown
