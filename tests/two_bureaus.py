"""Two bureaus on the approval side: what the one has decided, handed in and been asked, and the other has not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

from events.database import raw
from events.penalties import How, MatchedPermit, PenaltyMatched, PenaltyStatus
from events.tasks import task_stream
from services.access.callers import Scope, scope_now
from services.approval import file_imports, waiting_rows
from services.approval.decision import Kind
from services.approval.file_imports import Said
from services.approval.importing import Manner
from services.approval.outcome import Submission
from services.approval.waiting_rows import WaitingRow
from services.publication_file.defects import RefusedRow
from tests import findings
from tests.clerks_rows import code
from tests.invented import BODY, HEALTH_BUREAU, clinic, decision, duty
from tests.linkage import MASTER, Linkage
from tests.red_team import Prey

OTHER = code("11990100MB0000002")
CLINIC = "000131004000"
STAFF, REASON = "S-2077", "这一行的业务类型由人判定"


def settled(linkage: Linkage) -> Prey:
    """Make a permit of the first bureau, and of the second two, a task, a file with rows that wait, and an answer."""
    linkage.duties(
        duty(co_departments=()), duty(matter_code=CLINIC, lead=HEALTH_BUREAU, co_departments=(), matter_name="诊所许可")
    )
    batch = uuid4()
    said: dict[str, Any] = {
        "deciding_body": OTHER, "deciding_body_name": "海州市虚构审批局", "matter_code": CLINIC, "party": clinic(),
    }  # fmt: skip
    first, second = (
        decision(permit_number=f"WS000{number}", document_number=f"海虚批〔2026〕{number}号", batch=batch, **said)
        for number in (1, 2)
    )
    _, one, two, _ = linkage.desk.handle(
        [Submission(decision()), Submission(first, "test", "k1"), Submission(second),
         Submission(decision(Kind.AMEND, permit_number="WS0002", document_number="海虚批〔2026〕3号", **said))]
    )  # fmt: skip
    assert one.permit, one.answer()
    assert two.permit, two.answer()
    linkage.number()
    linkage.apply()
    task = asked_about(linkage, one.permit, OTHER)
    _handed_in(linkage, batch)
    secrets = ("WS0001", "WS0002", str(two.permit), "海虚批〔2026〕2号", STAFF, REASON)
    party = findings.holder_of(linkage, one.permit).party_id
    named = {"task": str(task), "batch": str(batch), "file": str(file_imports.import_of(batch, OTHER))}
    return Prey(BODY, OTHER, one.permit, party, "", "", secrets, named)


def asked_about(linkage: Linkage, permit: UUID, body: str) -> UUID:
    """Impose a penalty that touches a permit of ``body``; return the task that its desk is given."""
    facts, penalty = findings.penalty_facts(findings.holder_of(linkage, permit)), uuid4()
    match = MatchedPermit(permit=permit, deciding_body=body, permit_number="WS0001", how=How.CERTIFICATE)
    found = PenaltyMatched(facts=facts, status=PenaltyStatus.IN_FORCE, matches=(match,), settled=True)
    findings.say(linkage, penalty, findings.imposed(facts), found)
    linkage.hear()
    return task_stream(penalty, permit)


def _handed_in(linkage: Linkage, batch: UUID) -> None:
    with linkage.approval.begin() as transaction:
        connection, now = raw(transaction), linkage.now()
        file_imports.begin(connection, MASTER, batch, (OTHER, STAFF), Manner(), Said("诊所.csv"), "form", now)
        refused = [RefusedRow(3, {"XK_XKBH": "WS0003"}, ())]
        file_imports.keep(connection, MASTER, file_imports.import_of(batch, OTHER), refused, STAFF, now)
        row = WaitingRow(uuid4(), batch, 4, REASON, ("grant",), STAFF, False, False, {"XK_XKBH": "WS0004"}, OTHER)
        waiting_rows.keep(connection, MASTER, [row])


@contextmanager
def asked_by(*bodies: str, everybody: bool = False) -> Iterator[None]:
    """What is opened inside is asked by whoever sees the rows of these bodies."""
    before = scope_now.set(Scope(frozenset(bodies), everybody))
    try:
        yield
    finally:
        scope_now.reset(before)
