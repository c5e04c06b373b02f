"""Decisions over HTTP: one, or a thousand at once; each is for its own body, and the whole may be signed by it."""

from __future__ import annotations

import time

from fastapi import Response

from services.approval.decision import Decision
from services.approval.http import Here
from services.approval.outcome import Submission
from services.approval.signed_entry import Signature, SignedEntry
from services.handing_in import AskedBy, Body, answered, items_of, read_each


def hand_in(
    office: Here,
    body: Body,
    by: AskedBy,
    linkage_signature: Signature = None,
) -> Response:
    """Publish one decision, or up to 1,000 as ``{"decisions": [...]}``; each has its own outcome.

    201 when all were accepted, 200 when some were, 422 when none was. With an ``Idempotency-Key`` a repeat gets the
    first answer. Signed by another than the deciding body, or not as it must be, nothing of it is recorded (403).
    """
    items, many = items_of(body, "decisions")
    entry = SignedEntry.of(office.desk, linkage_signature, items)
    read, answers = read_each(items, Decision, whose="deciding_body")
    submissions = {
        index: Submission(decision, by.caller, by.answer_key(index), signed=entry.item(index))
        for index, decision in read.items()
    }
    entry.fit([one.decision.deciding_body for one in submissions.values()])
    began = time.perf_counter()
    outcomes = office.desk.handle(list(submissions.values())) if submissions else []
    for index, outcome in zip(submissions, outcomes, strict=True):
        answers[index] = outcome.told()
    accepted = sum(answer["accepted"] for answer in answers)
    office.metrics.note(accepted, len(answers) - accepted, time.perf_counter() - began)
    return answered(answers, many)
