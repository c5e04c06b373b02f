"""What does it cost that the ledger is signed while it grows, and that the database keeps the rows of bodies apart?

Each with it and without it in the same run: the intake's catch-up beside checkpoints of both ledgers, pages of a list
through the role of the web processes beside the owner's, and so decisions over HTTP and pages of them. Appends beside
checkpoints are in ``bench.appending``.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from bench import backlog, door, watch_list_page
from bench import listed_permits as listed
from bench.catching_up import EVENTS
from bench.figure import PER_SECOND, Figure
from bench.following import catch_up
from bench.ground import Ground
from bench.parts import routing, signing_checkpoints
from bench.processes import at_work
from events.database import open_engine
from events.log.opening import EMBEDDED
from projections.watch_list_page import find
from services.access.callers import Scope, scope_now
from services.access.rows import open_web_engine
from services.access.web_role import web_url

LEAST_RATIO = 0.85
ASKED = ("as it opens", "a matter", "a county", "a street", "expiring in 30 days", "changed in 30 days, a county")


def measure(ground: Ground) -> Iterator[Figure]:
    yield from _catch_up(ground)
    yield from door.of_web_role(ground)
    for permits in ground.permits:
        yield from _pages(ground, permits)


def _catch_up(ground: Ground) -> Iterator[Figure]:
    count, plain = (EVENTS // 10 if ground.quick else EVENTS), 0.0
    for signed in (False, True):
        with ground.fresh() as pair, ExitStack() as beside:
            backlog.assign_duties(pair)
            backlog.fill(pair, backlog.backlog(ground, count))
            ground.checkpoint()
            if signed:
                for side in ("approval", "supervision"):
                    beside.enter_context(at_work(signing_checkpoints, pair, side))
            found = catch_up(routing, pair, EMBEDDED, count).per_second
        if signed:
            name, note = "intake catch-up, checkpoints signed", "beside: nothing signed"
            yield Figure(name, found, PER_SECOND, beside=plain, least_ratio=LEAST_RATIO, note=note)
        else:
            plain = found
            yield Figure("intake catch-up, nothing signed", found, PER_SECOND)


def _pages(ground: Ground, permits: int) -> Iterator[Figure]:
    """The two take turns at the same questions; the first round, which fills caches, does not count."""
    url, rounds = listed.filled(ground, permits), 10 if ground.quick else 40
    owner = open_engine(url, application="bench")
    web = open_web_engine(web_url(url, "supervision"), application="bench")
    ours = scope_now.set(Scope(frozenset((listed.DEPARTMENT,))))
    spent = {"owner": 0.0, "web": 0.0}
    try:
        for number in range(rounds + 1):
            for name, engine in (("owner", owner), ("web", web)):
                took = _asked(engine, number)
                spent[name] += took if number else 0.0
    finally:
        scope_now.reset(ours)
        owner.dispose()
        web.dispose()
    pages = rounds * len(ASKED)
    plain = pages / spent["owner"]
    yield Figure(f"list pages of {permits:,}, as the owner", plain, PER_SECOND)
    yield Figure(
        f"list pages of {permits:,}, rows kept apart",
        pages / spent["web"],
        PER_SECOND,
        beside=plain,
        least_ratio=LEAST_RATIO,
        note="beside: the owner's",
    )


def _asked(engine: Engine, seed: int) -> float:
    """Return the seconds that one page of each question took."""
    today, chance = datetime.now(ZoneInfo("Asia/Shanghai")).date(), random.Random(seed)
    with engine.connect() as connection:
        questions = watch_list_page.questions(connection)
        connection.rollback()
        began = time.perf_counter()
        for name in ASKED:
            _page(connection, questions[name], chance, today)
        return time.perf_counter() - began


def _page(connection: Connection, ask: watch_list_page.Question, chance: random.Random, today: date) -> None:
    find(connection, listed.DEPARTMENT, ask(chance), today=today, cursor=None)
    connection.rollback()
