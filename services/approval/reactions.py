"""What follows on the approval side from what supervision says: the whole table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from projections.asked_of_us import AskedOfUs
from projections.bounced import Bouncing
from projections.code_mappings import CodeMappingsHeard
from projections.duty_names import DutyNames
from projections.handovers import HandoversTold
from projections.party_facts import PartyFacts
from projections.passed_over_told import PassedOverHeard
from projections.reacting import Reacting
from projections.statements import StatementsHeard
from projections.telling import Telling
from services.approval.canary import CanariesBack
from services.approval.raising_tasks import RaisingTasks
from services.approval.rule_receiving import RuleReceiving


def reactions(clock: Callable[[], datetime]) -> Reacting:
    """Return the reader of the supervision side's log."""
    return Reacting(
        "told",
        [
            Telling(),  # pushes, exceptions, receipts, consultations: who was told, who waits, how far it is
            Bouncing(),  # of these, what reached nobody or came back, until somebody has it
            PassedOverHeard(),  # record_skipped, record_replaced: decisions that are in no list for good
            DutyNames(),  # duty_assigned and duty_changed: how departments and matters are called
            CodeMappingsHeard(),  # code_mapped: under which codes one matter stands, for "may I grant?"
            HandoversTold(),  # handover lists made and signed: what became of opening stock
            RuleReceiving(clock),  # rule_changed and what follows it: kept for the desks, bodies asked to answer
            RaisingTasks(clock),  # penalties matched, amended, annulled, suggestions, checks: tasks of the desk
            AskedOfUs("approval"),  # numbers_asked_for: what the relay sends again
            StatementsHeard("approval"),  # statement_drawn, _signed, _disputed: the other half of each day
            CanariesBack(),  # canary_returned: how long the way to supervision and back takes
            PartyFacts(),  # penalties, freezes, checks, inspections: what is known against a party
        ],
    )
