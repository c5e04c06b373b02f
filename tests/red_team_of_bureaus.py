"""A clerk of one bureau tries to read another's rows on the approval side, or to write in its name: the ways.

As in ``red_team``: each returns all that it was answered. Whoever adds a way to read adds the way to steal.
"""

from __future__ import annotations

from collections.abc import Mapping

from services.access.callers import Scope
from tests.invented import decision
from tests.red_team import Attempt, Way, at, sql

_DECISIONS = "/api/v1/decisions"


def _replayed(attempt: Attempt) -> str:
    """Hand in under the key that another caller used, to be given its first answer."""
    said = decision(deciding_body=attempt.prey.intruder).model_dump(mode="json")
    return attempt.post(_DECISIONS, said, **{"Idempotency-Key": "k1", "Linkage-Caller": "test"})


def _in_its_name(attempt: Attempt) -> str:
    """Publish as the victim about its permit; whether that was recorded is asked as whoever sees everything."""
    said = decision(deciding_body=attempt.prey.victim, permit_number="WS0001", document_number="不是本单位的文号")
    answered = attempt.post(_DECISIONS, said.model_dump(mode="json"))
    there = attempt.sql(
        "SELECT data FROM outbox WHERE data LIKE '%不是本单位的文号%' UNION ALL"
        " SELECT data FROM ledger WHERE data LIKE '%不是本单位的文号%'",
        Scope(everybody=True),
    )
    return answered.replace("WS0001", "") + there


def _posted(address: str, **said: str) -> Way:
    def way(attempt: Attempt) -> str:
        return attempt.post(attempt.prey.at(address), {name: attempt.prey.at(value) for name, value in said.items()})

    return way


def _forged(attempt: Attempt) -> str:
    seat = {"seat-approval": f"clerk.{attempt.prey.victim}.2001"}
    forged = attempt.client.__class__(attempt.client.app, cookies=seat)
    return Attempt.said(forged.get("/published", headers={"accept": "text/html"}))


def _headers(attempt: Attempt) -> str:
    tricks = {"X-Forwarded-User": "operator", "Linkage-Caller": attempt.prey.victim, "Authorization": "Bearer null"}
    return attempt.ask("GET", attempt.prey.at(_DECISIONS + "?body={victim}"), **tricks)


WAYS: Mapping[str, Way] = {
    "another's decisions": at(_DECISIONS + "?body={victim}"),
    "one's own and another's decisions": at(_DECISIONS + "?body={intruder}&body={victim}"),
    "another's decisions of one kind": at(_DECISIONS + "?body={victim}&type=permit_amended"),
    "another's file among one's own decisions": at(_DECISIONS + "?body={intruder}&batch={batch}"),
    "the id of a permit": at("/api/v1/permits/{permit}"),
    "the page of a permit": at("/permits/{permit}", page=True),
    "what moves on that page": at("/permits/{permit}/now", page=True),
    "the printed notice of a decision": at("/permits/{permit}/notices/1", page=True),
    "a sealed fact, with a reason": _posted("/api/v1/permits/{permit}/reveals", fact="name", reason="核对"),
    "another's tasks": at("/api/v1/tasks?body={victim}"),
    "all tasks": at("/api/v1/tasks"),
    "a task by its id": at("/api/v1/tasks/{task}"),
    "the page of a task": at("/tasks/{task}", page=True),
    "the answer to another's task": _posted("/api/v1/tasks/{task}/answer", outcome="note", clerk="1001"),
    "another's consultations": at("/api/v1/consultations?body={victim}"),
    "another's statements": at("/api/v1/statements?body={victim}"),
    "another's handovers": at("/api/v1/handovers?body={victim}"),
    "another's officers": at("/api/v1/officers?department={victim}"),
    "rows of files that wait": at("/api/v1/exceptions"),
    "the page of rows that wait": at("/waiting", page=True),
    "one's own desk": at("/", page=True),
    "one's own list of files": at("/files", page=True),
    "the page of another's file": at("/files/{file}", page=True),
    "refused rows of another's file": at("/files/{file}/refused.xlsx"),
    "what one has published, of another's file": at("/published?batch={batch}", page=True),
    "the page of a party": at("/parties/{party}", page=True),
    "another's file taken back": _posted("/api/v1/batches/{batch}/withdrawal", reason="误录"),
    "another's file handed over as stock": _posted("/api/v1/handovers", batch="{batch}"),
    "a first answer that another was given": _replayed,
    "a decision in another's name": _in_its_name,
    "a forged seat": _forged,
    "headers that gateways set": _headers,
    "SQL: what was published": sql("SELECT permit FROM published"),
    "SQL: what was published, unsaid": sql("SELECT permit FROM published", unsaid=True),
    "SQL: the records": sql("SELECT data FROM ledger UNION ALL SELECT data FROM outbox"),
    "SQL: tasks": sql("SELECT facts FROM tasks"),
    "SQL: who was told": sql("SELECT permit, department FROM told"),
    "SQL: files": sql("SELECT staff FROM file_imports UNION ALL SELECT staff FROM refused_rows"),
    "SQL: rows that wait": sql("SELECT reason, owner FROM waiting_rows"),
    "SQL: first answers": sql("SELECT answer FROM answers"),
    "SQL: what came of a file": sql("SELECT permit FROM batch_entries"),
    "SQL: an error that tells a value": sql("SELECT CAST(staff AS int) FROM file_imports"),
    "SQL: a function that looks before the wall": sql(
        "SELECT 1 FROM waiting_rows WHERE CAST(reason || owner AS xml) IS NOT NULL"
    ),
    "SQL: another's rows by joining one's own": sql(
        "SELECT l.data FROM ledger l LEFT JOIN published p ON p.permit = l.stream WHERE p.permit IS NULL"
    ),
    "SQL: the statistics of the planner": sql("SELECT most_common_vals FROM pg_stats WHERE tablename = 'waiting_rows'"),
    "SQL: another role": sql("SET ROLE postgres"),
}  # fmt: skip
