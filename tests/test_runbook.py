"""Whoever has the runbook alone can repair what is planted: each alert's entry has the commands that do it.

``python -m tests.planted`` plants the five faults in a running site and lets such an operator work.
"""

from __future__ import annotations

import re

import pytest

from services.alerts import KINDS
from tests.planted import ACTS, DOCS, FAULTS, entry_of

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
