"""A wrong file is taken back as one batch, by events: what held before holds again, and nothing is erased."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

from events.approval import PermitStatus
from events.database import raw
from services.approval.decision import Decision, Kind
from services.approval.permit_state import Permit
from tests.invented import MARKET_BUREAU, decision, duty, party
from tests.linkage import Linkage

BATCH = UUID(int=77)
LONGER = date(2036, 11, 19)


def state(linkage: Linkage, permit: UUID | None) -> Permit:
    assert permit is not None
    with linkage.approval.connect() as connection:
        return linkage.desk.permit(raw(connection), permit)[0]


def status(linkage: Linkage, permit: UUID | None) -> PermitStatus | None:
    now = state(linkage, permit).now
    return now.status if now else None


def take_back(linkage: Linkage) -> list[str]:
    """Return for each decision of the batch the event that took it back, or the rule that kept it."""
    outcomes = linkage.desk.retract_batch(BATCH, "选错了文件")
    linkage.number()
    linkage.apply()
    return sorted(outcome.type or outcome.rule for outcome in outcomes)


def test_what_held_before_the_file_holds_again_in_approval_and_in_the_lists(linkage: Linkage) -> None:
    linkage.duties(duty())
    (granted,) = linkage.publish(decision())
    before = state(linkage, granted.permit).now
    linkage.publish(
        decision(Kind.RENEW, valid_to=LONGER, batch=BATCH),
        decision(Kind.REVOKE, reason="情节严重", batch=BATCH),
    )
    assert linkage.listed(MARKET_BUREAU) == {granted.permit: "revoked"}
    assert take_back(linkage) == ["decision_retracted", "decision_retracted"]
    assert state(linkage, granted.permit).now == before
    assert linkage.listed(MARKET_BUREAU) == {granted.permit: "valid"}
    assert linkage.rows("SELECT valid_to FROM watch_list WHERE department = %s", MARKET_BUREAU) == [
        (date(2031, 11, 19),)
    ]


def test_a_decision_that_a_later_one_rests_on_stays_and_is_named_while_the_rest_goes(linkage: Linkage) -> None:
    linkage.duties(duty())
    kept, gone = linkage.publish(decision(batch=BATCH), decision(permit_number="JY2", batch=BATCH))
    linkage.publish(decision(Kind.RENEW, valid_to=LONGER))
    assert take_back(linkage) == ["decision_retracted", "later_decision"]
    assert status(linkage, kept.permit) is PermitStatus.VALID
    assert status(linkage, gone.permit) is None
    assert linkage.listed(MARKET_BUREAU) == {kept.permit: "valid", gone.permit: "retracted"}


def test_the_number_is_free_for_the_right_file_and_for_another_holder(linkage: Linkage) -> None:
    (wrong,) = linkage.publish(decision(batch=BATCH))
    take_back(linkage)
    right = decision(party=party(name="海州市杜撰食品有限公司", identifier="91990100MA0000002X"))
    (again,) = linkage.publish(right)
    assert (again.accepted, again.permit, again.version) == (True, wrong.permit, 3)
    now = state(linkage, again.permit).now
    assert now is not None
    assert now.facts.party.label == "海州市杜撰食品有限公司"


def test_a_batch_is_taken_back_once(linkage: Linkage) -> None:
    linkage.publish(decision(batch=BATCH))
    assert take_back(linkage) == ["decision_retracted"]
    assert take_back(linkage) == []


def test_a_batch_that_nobody_entered_takes_nothing_back(linkage: Linkage) -> None:
    linkage.publish(decision(batch=BATCH))
    assert linkage.desk.retract_batch(uuid4(), "选错了文件") == []


def test_nothing_is_erased_the_wrong_decision_and_its_withdrawal_both_stay_in_the_ledger(linkage: Linkage) -> None:
    linkage.publish(decision(batch=BATCH))
    take_back(linkage)
    said = linkage.rows("SELECT type, version FROM ledger ORDER BY position", side="approval")
    assert said == [("permit_granted", 1), ("decision_retracted", 2)]


def test_the_personal_part_that_holds_again_comes_with_the_withdrawal(linkage: Linkage) -> None:
    holder = party(kind="自然人", name="某乙", identifier="990102199001010015")
    linkage.publish(decision(party=holder, content="热食"))
    linkage.publish(decision(Kind.AMEND, party=holder, content="冷食", batch=BATCH))
    take_back(linkage)
    sealed = [row[0] for row in linkage.rows("SELECT personal FROM ledger ORDER BY position", side="approval")]
    assert sealed[2] == sealed[0] != sealed[1]


def test_a_decision_that_comes_while_the_batch_is_taken_back_is_not_lost(linkage: Linkage) -> None:
    """The desk loads, the other decision is recorded, the desk finds the permit changed and decides again."""
    linkage.publish(decision(batch=BATCH))
    desk = linkage.desk
    first_today = desk.today
    came: list[Decision] = []

    def today_and_somebody_comes() -> date:
        if not came:
            came.append(decision(Kind.RENEW, valid_to=LONGER))
            linkage.submit(*came)
        return first_today()

    desk.today = today_and_somebody_comes
    outcomes = desk.retract_batch(BATCH, "选错了文件")
    assert [outcome.rule for outcome in outcomes] == ["later_decision"]
