"""Whoever has the runbook alone can repair what is planted: each alert's entry has the commands that do it.

``python -m tests.planted`` plants the five faults in a running site and lets such an operator work.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from services.alerts import KINDS, runbook
from services.pages.runbook import GUIDE, read, shipped
from tests.linkage import Linkage
from tests.planted import ACTS, DOCS, FAULTS, entry_of
from tests.supervision_web import web
from tests.test_lag_history import OPERATOR

COMMANDS = {
    "LinkageSilent": ("linkage lag", "linkage run projector", "linkage run sequencer"),
    "LinkageOutboxStuck": ("linkage run sequencer",),
    "LinkageParked": ("linkage parked list", "linkage parked skip", "linkage parked consent"),
    "LinkageReconcileDiffers": ("linkage reconcile", "linkage rebuild begin", "linkage rebuild switch"),
    "LinkageDiskClosed": ("Make room",),
}


@pytest.mark.parametrize("alert", sorted(FAULTS.values()))
def test_the_entry_of_a_planted_fault_has_what_repairs_it(alert: str) -> None:
    assert alert in KINDS
    assert alert in ACTS
    entry = entry_of(alert)
    assert [command for command in COMMANDS[alert] if command not in entry] == []


def test_an_entry_that_does_not_exist_is_noticed() -> None:
    with pytest.raises(LookupError):
        entry_of("LinkageNothing")


def test_every_section_that_an_entry_leads_to_is_there() -> None:
    for alert in re.findall(r"^### (Linkage\w+)$", (DOCS / "alerts.md").read_text(), re.MULTILINE):
        assert entry_of(alert)


def headings(page: str) -> list[str]:
    return re.findall(r'<h2 id="(linkage\w+)">', page)


def test_operators_read_every_entry_on_the_site_itself_in_chinese_first(linkage: Linkage) -> None:
    operator = TestClient(web(linkage), headers={"accept": "text/html"}, cookies=OPERATOR)
    page = operator.get("/runbook").text
    assert headings(page) == [one.anchor for one in shipped().entries]
    assert {runbook(alert).partition("#")[2] for alert in KINDS} <= set(headings(page))
    for one in shipped().entries:
        assert f"{one.title} <small>" in page
        assert "怎么办" in one.said, one.alert
        assert len(one.said.striptags()) > 30 < len(one.more.striptags()), one.alert
    assert {one.alert: one.title for one in shipped().entries if one.alert in KINDS} == {
        alert: kind.title for alert, kind in KINDS.items()
    }
    assert 'href="/runbook"' in operator.get("/lag").text


ONE = "\n## Each alert\n\n**总则。** 先看。\n\nFirst.\n\n### LinkageSilent\n\n**没有回应。** 先看 `x`。\n\n{}\n"


def test_what_stands_in_the_guide_is_shown_and_never_run_and_leads_nowhere_that_is_not_there() -> None:
    more = ONE.format("See [lists](operating.md#lists), [above](#linkagesilent) and <script>1</script>.")
    (one,) = read(more).entries
    assert (one.title, one.said.strip()) == ("没有回应", "<p>先看 <code>x</code>。</p>")
    assert "See lists, " in one.more
    assert '<a href="#linkagesilent">above</a>' in one.more
    assert "<script" not in one.more
    # Control: an entry that says nothing in Chinese is no entry.
    with pytest.raises(ValueError, match="LinkageSilent"):
        read(ONE.format("").replace("**没有回应。** ", ""))


def test_the_guide_is_in_the_image() -> None:
    compose = Path(__file__).parents[1] / "deploy" / "compose"
    assert GUIDE == DOCS / "alerts.md"
    assert "COPY docs/alerts.md docs/alerts.md" in (compose / "Containerfile").read_text()
    assert "!docs/alerts.md" in (compose / "Containerfile.dockerignore").read_text().splitlines()
