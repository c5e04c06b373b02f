"""An officer of one department tries to read another's rows, by every way that was thought of: ``try_all``. Clerks of
bureaus have ways of their own (``red_team_of_bureaus``).

Each way returns all that it was answered, headers and problem texts too. What it won is what of ``Prey.secrets`` is in
there. Whoever adds a way to read something adds the way to steal it here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4
from zipfile import BadZipFile, ZipFile

import anyio
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from services.access.callers import Scope, scope_now


@dataclass(frozen=True)
class Prey:
    """What belongs to ``victim`` alone; ``intruder`` is a body that has nothing to do with it. ``cursor``: of the
    second page of its list. ``matter``: what the victim alone has permits of; a secret in figures only, since the
    duty list says whose it is. ``named``: what else stands in the addresses of ways, by its name there."""

    intruder: str
    victim: str
    permit: UUID
    party: UUID
    cursor: str
    matter: str
    secrets: tuple[str, ...]
    named: Mapping[str, str]

    def at(self, address: str) -> str:
        return address.format(**vars(self), **self.named)


@dataclass(frozen=True)
class Attempt:
    """``client``: a browser and a program in one, seated as an officer of the intruder where the door believes it."""

    client: TestClient
    engine: Engine
    prey: Prey

    def get(self, address: str, **more: Any) -> str:
        return self.said(self.client.get(address, **more))

    def page(self, address: str) -> str:
        return self.said(self.client.get(address, headers={"accept": "text/html"}))

    def post(self, address: str, said: Any, **headers: str) -> str:
        return self.said(self.client.post(address, json=said, headers=headers))

    def ask(self, method: str, address: str, **headers: str) -> str:
        return self.said(self.client.request(method, address, headers=headers))

    def sql(self, statement: str, scope: Scope) -> str:
        before = scope_now.set(scope)
        try:
            with self.engine.connect() as connection:
                rows = connection.execute(text(statement))
                if not rows.returns_rows:
                    return ""
                return "\n".join(str(tuple(row)) for row in rows)
        except DBAPIError as error:
            return str(error.orig)
        finally:
            scope_now.reset(before)

    def own(self) -> Scope:
        return Scope(frozenset((self.prey.intruder,)))

    @staticmethod
    def said(answer: Any) -> str:
        content = answer.content
        try:
            with ZipFile(BytesIO(content)) as book:
                content = b"".join(book.read(name) for name in book.namelist())
        except BadZipFile:
            pass
        return f"{dict(answer.headers)}\n{content.decode('utf-8', 'replace')}"


Way = Callable[[Attempt], str]
_LIST = "/api/v1/departments/{victim}/watch-list"


def at(address: str, *, page: bool = False) -> Way:
    def way(attempt: Attempt) -> str:
        at = attempt.prey.at(address)
        return attempt.page(at) if page else attempt.get(at)

    return way


def sql(statement: str, *, unsaid: bool = False) -> Way:
    return lambda attempt: attempt.sql(statement, Scope() if unsaid else attempt.own())


def _stream(attempt: Attempt) -> str:
    """Read what a stream sends at once, and have the service end it."""
    office = attempt.client.app.state.office  # type: ignore[attr-defined]
    ending = threading.Timer(0.7, office.stopping.set)
    ending.start()
    try:
        return attempt.get(f"/api/v1/departments/{attempt.prey.victim}/events?after=0")
    finally:
        ending.join()
        office.stopping.clear()


def _page_stream(attempt: Attempt) -> str:
    """Read what any page of one's own is told of others' events, as the stream of pages tells it."""
    feed = attempt.client.app.state.office.live  # type: ignore[attr-defined]

    async def heard() -> str:
        from services.live_feed import _told

        found = await anyio.to_thread.run_sync(lambda: feed._read(0))
        scope = attempt.client.app.state.entrance.otherwise.scope  # type: ignore[attr-defined]
        scope = scope if scope.everybody else attempt.own()
        return str([told for one in found if (told := _told(one, scope))])

    return anyio.run(heard)


def _replayed(attempt: Attempt) -> str:
    said = {"steps": [{"permit": str(attempt.prey.permit), "step": "sign", "officer": "0201"}]}
    again = {"Idempotency-Key": "k1", "Linkage-Caller": "test"}
    return attempt.post(f"/api/v1/departments/{attempt.prey.victim}/receipts", said, **again)


def _in_anothers_name(attempt: Attempt) -> str:
    said = {"permit": str(attempt.prey.permit), "step": "sign", "officer": "0102"}
    return attempt.post(f"/api/v1/departments/{attempt.prey.intruder}/receipts", said)


def _forged(attempt: Attempt) -> str:
    forged = attempt.client.__class__(attempt.client.app, cookies={"seat-supervision": "coordinator..0001"})
    return Attempt.said(forged.get(f"/permits/{attempt.prey.permit}", headers={"accept": "text/html"}))


def _headers(attempt: Attempt) -> str:
    listed = attempt.prey.at(_LIST)
    tricks = {
        "X-Forwarded-User": "coordinator", "X-Original-URL": listed, "X-Rewrite-URL": listed,
        "X-HTTP-Method-Override": "GET", "Linkage-Caller": attempt.prey.victim, "Authorization": "Bearer null",
    }  # fmt: skip
    return attempt.ask("GET", listed, **tricks)


WAYS: Mapping[str, Way] = {
    "the address of another's list": at(_LIST),
    "the same list, filtered": at(_LIST + "?matter=000131004000"),
    "another's cursor at its list": at(_LIST + "?cursor={cursor}"),
    "another's cursor at one's own list": at("/api/v1/departments/{intruder}/watch-list?cursor={cursor}"),
    "another's page": at("/departments/{victim}", page=True),
    "the rows of another's page": at("/departments/{victim}/rows", page=True),
    "another's list as a workbook": at("/departments/{victim}/book"),
    "another's receipts": at("/api/v1/departments/{victim}/cases"),
    "another's stream": _stream,
    "the stream of one's own page": _page_stream,
    "the id of a permit": at("/api/v1/permits/{permit}"),
    "the receipts of a permit": at("/api/v1/permits/{permit}/cases"),
    "who is responsible for a permit": at("/api/v1/permits/{permit}/responsible"),
    "the page of a permit": at("/permits/{permit}", page=True),
    "the printed notice of a push": at("/permits/{permit}/pushes/1/{victim}/notice", page=True),
    "the printed receipt of a push": at("/permits/{permit}/pushes/1/{victim}/receipt", page=True),
    "a receipt given as the victim": _replayed,
    "a receipt given as oneself on another's permit": _in_anothers_name,
    "another's penalties": at("/api/v1/penalties?department={victim}"),
    "a penalty by its id": at("/api/v1/penalties/{penalty}"),
    "all penalties on the page": at("/penalties/rows", page=True),
    "the page of a penalty": at("/penalties/{penalty}", page=True),
    "the page of a party": at("/parties/{party}", page=True),
    "another's handovers": at("/api/v1/handovers?department={victim}"),
    "statistics by matter": at("/api/v1/statistics/pushes?by=matter"),
    "statistics of the victim": at("/api/v1/statistics/pushes?by=matter&department={victim}"),
    "the figures' rows": at("/figures/rows?department={victim}", page=True),
    "deadlines of the victim": at("/api/v1/deadlines?owner={victim}"),
    "waiting for another's version": at(_LIST + "?wait_for={permit}@1"),
    "a forged seat": _forged,
    "headers that gateways set": _headers,
    "HEAD": lambda attempt: attempt.ask("HEAD", attempt.prey.at(_LIST)),
    "OPTIONS": lambda attempt: attempt.ask("OPTIONS", attempt.prey.at(_LIST), Origin="https://evil.example"),
    "a mark of what was read before": lambda attempt: attempt.ask(
        "GET", f"/api/v1/permits/{attempt.prey.permit}", **{"If-None-Match": "*"}
    ),
    "SQL: the list": sql("SELECT permit_number FROM watch_list"),
    "SQL: the list, unsaid": sql("SELECT permit_number FROM watch_list", unsaid=True),
    "SQL: the records": sql("SELECT data FROM ledger UNION ALL SELECT data FROM outbox"),
    "SQL: the penalties": sql("SELECT document_number FROM penalties"),
    "SQL: first answers": sql("SELECT answer FROM answers"),
    "SQL: an error that tells a value": sql("SELECT CAST(permit_number AS int) FROM watch_list"),
    "SQL: a function that looks before the wall": sql(
        "SELECT permit FROM watch_list WHERE CAST(permit_number || permit AS xml) IS NOT NULL"
    ),
    "SQL: the other list of a rebuild": sql("SELECT permit_number FROM watch_list_other"),
    "SQL: the statistics of the planner": sql("SELECT most_common_vals FROM pg_stats"),
    "SQL: another role": sql("SET ROLE postgres"),
}


FIGURES = ("statistics by matter", "statistics of the victim")


def try_all(attempt: Attempt, ways: Mapping[str, Way] = WAYS) -> dict[str, list[str]]:
    """Return what each way won: the secrets that its answer holds. The id of what was asked for is no secret."""
    won = {}
    for name, way in ways.items():
        answer = way(attempt)
        secrets = (*attempt.prey.secrets, attempt.prey.matter) if name in FIGURES else attempt.prey.secrets
        won[name] = [one for one in secrets if one in answer]
    return won


def tells_whether_it_is_there(attempt: Attempt) -> list[str]:
    """Return the ways whose answer differs for what is another's and what is nowhere."""
    here, nowhere = str(attempt.prey.permit), str(uuid4())
    differing = []
    for address in ("/api/v1/permits/{}", "/api/v1/permits/{}/cases", "/api/v1/permits/{}/responsible"):
        answers = [attempt.client.get(address.format(one)) for one in (here, nowhere)]
        if (
            answers[0].status_code != answers[1].status_code
            or answers[0].text.replace(here, nowhere) != answers[1].text
        ):
            differing.append(address)
    pages = [attempt.client.get(f"/permits/{one}", headers={"accept": "text/html"}) for one in (here, nowhere)]
    return differing + ["/permits/{}"] * (pages[0].status_code != pages[1].status_code)
