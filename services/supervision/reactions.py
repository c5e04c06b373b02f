"""What follows on the supervision side from what approval says: the whole table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from projections.asked_of_us import AskedOfUs
from projections.reacting import Reacting
from projections.rule_marks import RuleMarks
from projections.statements import StatementsHeard
from projections.task_receipts import TaskReceipts
from services.supervision.canary_hearing import CanaryHearing
from services.supervision.erasure_hearing import ErasureHearing
from services.supervision.intake import Intake
from services.supervision.opinion_hearing import OpinionHearing
from services.supervision.penalty_rematching import Rematching
from services.supervision.pending_hearing import PendingHearing
from services.supervision.rule_hearing import RuleHearing
from services.supervision.stock_hearing import StockHearing

NAME = "intake"


def reactions(owner: str, clock: Callable[[], datetime]) -> Reacting:
    """Return the reader of the approval side's log. ``owner``, the coordinator: owns what no duty covers, and is told
    who is late."""
    return Reacting(
        NAME,
        [
            Intake(owner, clock),  # every decision: pushes, watch lists, exception queue
            StockHearing(clock),  # stock_handed_over: a batch is whole, its handover lists are made
            Rematching(clock),  # every decision: penalties that still seek a permit of its party
            RuleMarks(),  # every decision: those that meet a rule change, by that rule change
            OpinionHearing(),  # opinion_stated: what a bureau says in a consultation, from its own address
            PendingHearing(),  # pending_applications_counted: how many applications each body has pending
            RuleHearing(),  # rule_change_received, _acknowledged: which body has answered
            AskedOfUs("supervision"),  # numbers_asked_for: what the relay sends again
            StatementsHeard("supervision"),  # statement_drawn, _signed, _disputed: the other half of each day
            ErasureHearing(),  # party_erased: lists show （已删除） in place of the mask
            CanaryHearing(clock),  # canary_sent: returned, so that a closed way is noticed when nothing else moves
            TaskReceipts(),  # tasks opened, answered, withdrawn, reopened: what became of what was said
        ],
    )
