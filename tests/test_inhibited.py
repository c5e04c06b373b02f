"""Of a cause and what follows from it the cause is told, and nobody is kept from hearing of what stands beside it."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import permutations
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

DEPLOY = Path(__file__).parents[1] / "deploy"
CONFIGURATION = DEPLOY / "alertmanager" / "alertmanager.yml"
WRITTEN = CONFIGURATION.read_text()

Labels = Mapping[str, str]


OTHER = {
    "approval": "supervision",
    "supervision": "approval",
    "intake": "told",
    "told": "intake",
}


def fired() -> list[Labels]:
    """Return each alert of the rules with the labels with which it is fired there, as the rules' own tests say, and the
    same of the other side."""
    tests = yaml.safe_load((DEPLOY / "prometheus" / "linkage.tests.yml").read_text())["tests"]
    found = {
        tuple(sorted({"alertname": one["alertname"], **alert["exp_labels"]}.items()))
        for test in tests
        for one in test.get("alert_rule_test", ())
        for alert in one["exp_alerts"]
    }
    found |= {tuple((label, OTHER.get(value, value)) for label, value in one) for one in found}
    return [dict(labels) for labels in sorted(found)]


def named(alert: Labels) -> str:
    """Return the alert with whose it is: of a projection, a side, or the site."""
    of = alert.get("projection") or alert.get("source") or alert.get("side")
    job = alert.get("job", "linkage-").removeprefix("linkage-")
    return " ".join(word for word in (alert["alertname"].removeprefix("Linkage"), job, of) if word)


ALERTS = fired()
BURNS = {f"{late}Burns{pace}" for late in ("Visibility", "VeryLate") for pace in ("Fast", "Slowly")}
LAGS = {f"{kind} {projection}" for kind in ("Silent", "Stalled", "Behind") for projection in ("intake", "told")}


def of_a_side_away(side: str) -> set[str]:
    """Return what follows where a side is away: all that is late, and what is asked of it or about it. Not what the
    other side says of itself."""
    asked = {f"{kind} {side}" for kind in ("OutboxStuck", "MissingEvents", "ClockSkew", "RemindersStopped")}
    return BURNS | LAGS | {"CanaryMissing", f"PartNotScraped web {side}"} | asked


FOLLOWING = {
    "NotScraped approval": of_a_side_away("approval"),
    "NotScraped supervision": of_a_side_away("supervision"),
    "NotScraped told": {"PartNotScraped projector approval"},
    "NotScraped intake": {"PartNotScraped projector supervision"},
    "Silent intake": BURNS | {"Behind intake", "CanaryMissing"},
    "Silent told": {"Behind told", "CanaryMissing"},
    "Stalled intake": BURNS | {"Behind intake"},
    "Stalled told": {"Behind told"},
    "OutboxStuck approval": BURNS | {"Behind intake"},
    "OutboxStuck supervision": {"Behind told"},
    "DiskClosed approval": {"DiskNearReserve approval"},
    "DiskClosed supervision": {"DiskNearReserve supervision"},
    "VisibilityBurnsFast": {"VisibilityBurnsSlowly"},
    "VeryLateBurnsFast": BURNS - {"VeryLateBurnsFast"},
}
"""What is not told beside each cause. LinkageNotScraped is one of much only when it names a side: a site whose
projectors alone are not scraped hears all that its services say."""
NAMES_NO_SIDE = WRITTEN.replace(', source =~ ".+"]', "]")
"""A negative control: projectors that are not scraped silence what stands."""
OF_ANY_SIDE = re.sub(r"\n    equal: .*", "", WRITTEN)
"""A negative control: what one side says keeps from being heard what the other does."""


def holds(matchers: Iterable[str], labels: Labels) -> bool:
    """Tell whether all ``matchers`` hold, as Alertmanager reads them: a label that is not there is empty, and an
    expression is of the whole value."""
    for matcher in matchers:
        read = re.fullmatch(r'(\w+) *(=~|!~|!=|=) *"(.*)"', matcher)
        assert read, matcher
        name, sign, value = read.groups()
        has = labels.get(name, "")
        same = re.fullmatch(value, has) is not None if "~" in sign else has == value
        if same is sign.startswith("!"):
            return False
    return True


def rules_of(configuration: str) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = yaml.safe_load(configuration)["inhibit_rules"]
    return rules


def suppressed(rules: Sequence[Mapping[str, Any]], alerts: Sequence[Labels]) -> list[Labels]:
    """Return which of ``alerts`` are not told while all of them are fired."""

    def follows(rule: Mapping[str, Any], alert: Labels) -> bool:
        alike = [
            one
            for one in alerts
            if one is not alert and all(one.get(label, "") == alert.get(label, "") for label in rule.get("equal", ()))
        ]
        return holds(rule["target_matchers"], alert) and any(holds(rule["source_matchers"], one) for one in alike)

    return [one for one in alerts if any(follows(rule, one) for rule in rules)]


def following(configuration: str) -> dict[str, set[str]]:
    """Return what each alert keeps from being told when nothing else is fired beside the two."""
    rules, found = rules_of(configuration), dict[str, set[str]]()
    for cause, other in permutations(ALERTS, 2):
        if other in suppressed(rules, [cause, other]):
            found.setdefault(named(cause), set()).add(named(other))
    return found


def test_what_follows_from_a_cause_is_not_told_beside_it_and_all_else_is() -> None:
    assert following(WRITTEN) == FOLLOWING
    told = following(NAMES_NO_SIDE)["NotScraped intake"]
    assert told > LAGS, "what the services say would be heard by nobody"
    assert "Behind intake" in following(OF_ANY_SIDE)["Silent told"]
    assert "DiskNearReserve approval" in following(OF_ANY_SIDE)["DiskClosed supervision"]
    bureaus = {"alertname": "LinkageSilent", "projection": "commands"}
    beside = [one for one in ALERTS if named(one) in LAGS | BURNS | {"CanaryMissing"}]
    assert suppressed(rules_of(WRITTEN), [bureaus, *(one for one in beside if "Behind" in named(one))]) == []
    everything = [named(one) for one in ALERTS if one not in suppressed(rules_of(WRITTEN), ALERTS)]
    assert {"NotScraped approval", "NotScraped supervision"} <= set(everything), (
        "no two keep each other from being told"
    )


@contextmanager
def alertmanager(folder: Path, configuration: str) -> Iterator[httpx.Client]:
    """Run Debian's Alertmanager with ``configuration``: it sends nothing before ``group_wait`` is over."""
    program = shutil.which("prometheus-alertmanager")
    if program is None:
        pytest.skip("Alertmanager is not installed (Debian: apt-get install prometheus-alertmanager)")
    shutil.copy(DEPLOY / "alertmanager" / "linkage.tmpl", folder)
    (folder / CONFIGURATION.name).write_text(configuration)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    options = (f"--config.file={CONFIGURATION.name}", f"--web.listen-address={address}", "--cluster.listen-address=")
    with subprocess.Popen([program, *options], cwd=folder, stderr=subprocess.DEVNULL) as running:
        try:
            with httpx.Client(base_url=f"http://{address}", transport=httpx.HTTPTransport(retries=6)) as client:
                yield client
        finally:
            running.kill()


def quiet_there(client: httpx.Client, alerts: Sequence[Labels]) -> set[str]:
    """Return which of ``alerts`` Alertmanager keeps to itself. It takes them one after another in the background: the
    last, which is always kept back by the one before, says that it has taken all."""
    last = [{"alertname": "LinkageDiskClosed"}, {"alertname": "LinkageDiskNearReserve"}]
    for each in ([*alerts], last):
        client.post("/api/v2/alerts", json=[{"labels": labels} for labels in each]).raise_for_status()
    for _ in range(100):
        shown = client.get("/api/v2/alerts").raise_for_status().json()
        quiet = {named(one["labels"]) for one in shown if one["status"]["state"] == "suppressed"}
        if "DiskNearReserve" in quiet:
            return quiet - {"DiskNearReserve"}
        threading.Event().wait(0.05)
    raise AssertionError("Alertmanager has not taken the alerts")


def test_alertmanager_itself_keeps_to_itself_what_follows_and_nothing_else(tmp_path: Path) -> None:
    def of(*names: str) -> list[Labels]:
        return [one for one in ALERTS if named(one) in names]

    beside = of("Behind intake", "Behind told", "RemindersStopped approval", "RemindersStopped supervision")
    with alertmanager(tmp_path, WRITTEN) as client:
        assert quiet_there(client, [*of("NotScraped intake"), *beside]) == set()
        assert quiet_there(client, of("Silent told")) == {"Behind told"}
        assert quiet_there(client, of("NotScraped approval")) == {
            "Silent told", "Behind intake", "Behind told", "RemindersStopped approval",
        }  # fmt: skip
    with alertmanager(tmp_path, OF_ANY_SIDE) as client:
        assert quiet_there(client, [*of("Silent told"), *beside]) == {"Behind intake", "Behind told"}
