"""The desk: each decision gets one answer for ever, and of those who come at the same time exactly one comes first."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Engine

from events import store
from events.database import raw
from events.store import Lane
from services.approval.decision import Kind
from services.approval.handling import Desk
from services.approval.outcome import Outcome, Submission
from services.approval.recording import Work
from tests.invented import TODAY, decision
from tests.linkage import MASTER, Linkage


def keyed(key: str, caller: str = "窗口一", **changes: object) -> Submission:
    return Submission(decision(**changes), caller, key)  # type: ignore[arg-type]


def recorded(linkage: Linkage) -> int:
    count: int = linkage.rows("SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM ledger)", side="approval")[
        0
    ][0]
    return count


def at_once(*calls: Callable[[], list[Outcome]]) -> list[Outcome]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [outcome for future in [pool.submit(call) for call in calls] for outcome in future.result()]


class MeetingDesk(Desk):
    """A desk that has loaded what it needs and waits for the others to have done so too, once, before it records."""

    def __init__(self, engine: Engine, all_have_loaded: threading.Barrier) -> None:
        super().__init__(engine, MASTER, lambda: TODAY)
        self.all_have_loaded = all_have_loaded
        self.met = False

    def _load(self, connection: psycopg.Connection, submissions: Sequence[Submission]) -> Work:
        work = super()._load(connection, submissions)
        if not self.met:
            self.met = True
            self.all_have_loaded.wait(timeout=20)
        return work


class ForgetfulDesk(MeetingDesk):
    """The broken variant: it takes no number, so nobody else can see that it is taken."""

    def _record(self, connection: psycopg.Connection, work: Work, lane: Lane) -> None:
        store.append(connection, "approval", work.events, lane=lane)


def meeting(
    linkage: Linkage, submissions: Sequence[Submission], kind: type[MeetingDesk] = MeetingDesk
) -> list[Outcome]:
    """Hand each submission in at a desk of its own, so that all of them decide before any of them records."""
    linkage.submit(decision(permit_number="registers the party"))
    barrier = threading.Barrier(len(submissions))
    desks = [kind(linkage.approval, barrier) for _ in submissions]
    return at_once(*(lambda d=d, s=s: d.handle([s]) for d, s in zip(desks, submissions, strict=True)))


def test_a_repeat_gets_the_first_answer_and_records_nothing(linkage: Linkage) -> None:
    (first,) = linkage.desk.handle([keyed("a")])
    (again,) = linkage.desk.handle([keyed("a")])
    assert (again.event, again.version, again.repeated) == (first.event, 1, True)
    assert recorded(linkage) == 1


def test_the_same_key_with_another_content_is_refused_and_records_nothing(linkage: Linkage) -> None:
    linkage.desk.handle([keyed("a")])
    (other,) = linkage.desk.handle([keyed("a", permit_number="JY2")])
    assert (other.accepted, other.rule) == (False, "same_key_other_content")
    assert recorded(linkage) == 1


def test_the_same_key_twice_in_one_request_is_answered_as_a_repeat(linkage: Linkage) -> None:
    first, again, other = linkage.desk.handle([keyed("a"), keyed("a"), keyed("a", permit_number="JY2")])
    assert (first.accepted, again.repeated, again.event) == (True, True, first.event)
    assert other.rule == "same_key_other_content"


def test_a_refusal_is_kept_too_even_when_the_decision_would_be_accepted_now(linkage: Linkage) -> None:
    (refused,) = linkage.desk.handle([keyed("a", kind=Kind.SURRENDER)])
    assert refused.rule == "unknown_permit"
    linkage.submit(decision())
    (again,) = linkage.desk.handle([keyed("a", kind=Kind.SURRENDER)])
    assert (again.rule, again.text, again.repeated) == ("unknown_permit", refused.text, True)
    (afresh,) = linkage.desk.handle([keyed("b", kind=Kind.SURRENDER)])
    assert afresh.accepted


def test_the_key_of_one_caller_says_nothing_to_another(linkage: Linkage) -> None:
    linkage.desk.handle([keyed("a")])
    (other,) = linkage.desk.handle([keyed("a", caller="窗口二", permit_number="JY2")])
    assert other.accepted


def test_what_was_asked_is_kept_under_the_master_key_so_that_nobody_can_guess_it_from_its_hash(
    linkage: Linkage,
) -> None:
    submission = keyed("a")
    linkage.desk.handle([submission])
    assert linkage.rows("SELECT request FROM answers", side="approval") != [(submission.digest(),)]


def test_of_desks_that_grant_one_number_at_once_exactly_one_wins(linkage: Linkage) -> None:
    outcomes = meeting(linkage, [keyed(str(n)) for n in range(4)])
    assert sorted(outcome.accepted for outcome in outcomes) == [False, False, False, True]
    assert {outcome.rule for outcome in outcomes} == {"", "already_granted"}
    assert recorded(linkage) == 1 + 1


def test_without_taking_the_number_every_desk_would_grant_it(linkage: Linkage) -> None:
    outcomes = meeting(linkage, [keyed("1"), keyed("2")], ForgetfulDesk)
    assert [outcome.accepted for outcome in outcomes] == [True, True]
    assert recorded(linkage) == 1 + 2


def test_of_the_same_request_sent_at_once_all_senders_get_one_answer(linkage: Linkage) -> None:
    outcomes = meeting(linkage, [keyed("same")] * 4)
    assert len({outcome.event for outcome in outcomes}) == 1
    assert sorted(outcome.repeated for outcome in outcomes) == [False, True, True, True]
    assert recorded(linkage) == 1 + 1


def test_renewals_of_one_permit_at_once_each_rest_on_the_one_before(linkage: Linkage) -> None:
    (granted,) = linkage.submit(decision())
    ends = [date(2032 + n, 11, 19) for n in range(4)]
    outcomes = meeting(linkage, [keyed(str(end), kind=Kind.RENEW, valid_to=end) for end in ends])
    accepted = sorted((o.version, end) for o, end in zip(outcomes, ends, strict=True) if o.accepted)
    assert [version for version, _ in accepted] == list(range(2, 2 + len(accepted)))
    assert [end for _, end in accepted] == sorted(end for _, end in accepted)
    assert accepted[-1][1] == ends[-1], "the latest end must always win"
    assert {o.rule for o in outcomes if not o.accepted} <= {"not_extended"}
    assert granted.permit is not None
    with linkage.approval.connect() as connection:
        permit, records = linkage.desk.permit(raw(connection), granted.permit)
    assert (permit.version, len(records)) == (1 + len(accepted), 1 + len(accepted))


class CrowdedDesk(Desk):
    """Each time it has loaded a permit, somebody else records another decision about it first."""

    others = 0

    def _load(self, connection: psycopg.Connection, submissions: Sequence[Submission]) -> Work:
        work = super()._load(connection, submissions)
        self.others += 1
        other = decision(Kind.AMEND, content=f"第{self.others}次变更")
        Desk(self.engine, MASTER, lambda: TODAY).handle([Submission(other)])
        return work


def test_who_never_comes_first_is_told_to_come_again_and_the_key_stays_unused(linkage: Linkage) -> None:
    linkage.submit(decision())
    surrender = keyed("a", kind=Kind.SURRENDER)
    (busy,) = CrowdedDesk(linkage.approval, MASTER, lambda: TODAY).handle([surrender])
    assert (busy.accepted, busy.rule) == (False, "busy")
    (later,) = linkage.desk.handle([surrender])
    assert (later.accepted, later.repeated) == (True, False)


def test_what_the_callers_transaction_takes_back_was_never_decided(linkage: Linkage) -> None:
    with linkage.approval.connect() as connection:
        (inside,) = linkage.desk.handle([keyed("a")], connection=raw(connection))
        assert inside.accepted
        connection.rollback()
    assert recorded(linkage) == 0
    (afresh,) = linkage.desk.handle([keyed("a")])
    assert (afresh.accepted, afresh.repeated) == (True, False)


def test_a_request_is_recorded_whole_and_later_decisions_of_it_see_the_earlier_ones(linkage: Linkage) -> None:
    outcomes = linkage.submit(
        decision(),
        decision(),
        decision(Kind.RENEW, valid_to=date(2036, 11, 19)),
        decision(Kind.REVOKE, reason="情节严重"),
        decision(Kind.RENEW, valid_to=date(2041, 11, 19)),
    )
    assert [o.rule or o.version for o in outcomes] == [1, "already_granted", 2, 3, "not_in_force"]
    assert recorded(linkage) == 3


def test_two_bodies_may_use_the_same_permit_number(linkage: Linkage) -> None:
    ours, theirs = linkage.submit(decision(), decision(deciding_body="11990200MB0000009X"))
    assert ours.accepted
    assert theirs.accepted
    assert ours.permit != theirs.permit


def test_the_answer_names_the_event_by_its_place_in_the_stream(linkage: Linkage) -> None:
    (outcome,) = linkage.submit(decision())
    answer = outcome.answer()
    assert answer["wait_for"] == f"{outcome.permit}@1"
    linkage.number()
    (record,) = linkage.log.read(linkage.log.beginning(), 10).records
    assert record.id == UUID(answer["event"])


@pytest.mark.parametrize(
    "wrong", [{"content": "热食\x00冷食"}, {"region_code": "９９０１０２"}, {"decision_date": "0001-01-01"}]
)
def test_what_no_list_could_hold_is_refused_before_it_is_recorded(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        decision(**wrong)  # type: ignore[arg-type]
