"""How long does "may I grant?" take among a million parties, most of whom nobody has anything against?

Half of the questions are about parties at random, half about those with facts; a few have more than a thousand of them.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import date
from uuid import UUID

from sqlalchemy import Engine, text

from bench.figure import Figure, percentile
from bench.ground import Ground
from bench.over_http import approving, asking
from events.database import open_engine, raw
from events.standing import FactKind, Means, StandingRuleSet
from services.approval.standing_answers import standing_of
from services.approval.standing_rules import set_rule
from services.working_days import china_day

PARTIES = 1_000_000
LEAST_MS = 20.0
TIMES = 4_000
THROUGH_HTTP = 2_000
WARM = 20
FOOD = "000131003000"

FILL = (
    """INSERT INTO parties (party, fingerprint, kind, wrapped_key)
       SELECT md5('party' || i)::uuid, sha256(i::text::bytea), '法人及非法人组织', sha256(i::text::bytea)
       FROM generate_series(1, :parties) AS g (i)""",
    """INSERT INTO party_facts (fact, kind, version, party, holds, since, until, due, matters, permit, permit_number,
                                source, source_name, document_number, subject, recorded_at)
       SELECT md5('fact' || i)::uuid, (ARRAY['penalty', 'penalty', 'penalty', 'freeze', 'failed_commitment',
                  'rectification', 'permit_revoked', 'permit_annulled'])[1 + i % 8], 1,
              md5('party' || ceil(:parties * power(random(), 3)))::uuid, i % 3 > 0, date '2026-11-01' - i % 2000,
              NULL, CASE i % 8 WHEN 5 THEN date '2026-11-01' + i % 60 END, ARRAY['000131003000'],
              md5('permit' || i)::uuid, 'JY' || i, '11990100MB0000101A', '虚构市市场监督管理局',
              '虚市监罚〔2026〕' || i || '号', '罚款；超范围经营', now()
       FROM generate_series(1, :parties / 4) AS g (i)""",
    """INSERT INTO code_mappings (mapping, version, old, new, content)
       SELECT md5('mapping' || i)::uuid, 1, old, new, json_build_object('kind', 'matter', 'old', old, 'new', new,
              'valid_from', '2026-01-01')
       FROM (SELECT i, 'old' || i, CASE WHEN i <= 3 THEN '000131003000' ELSE 'new' || i END
             FROM generate_series(1, 20000) AS g (i)) AS m (i, old, new)""",
    "VACUUM (ANALYZE) code_mappings",
    "VACUUM (ANALYZE) parties",
    "VACUUM (ANALYZE) party_facts",
)


def measure(ground: Ground) -> Iterator[Figure]:
    """Ask a database that is filled once for all runs."""
    parties = PARTIES // 10 if ground.quick else PARTIES
    name = f"bench_standing_{parties}"
    with ground.connect("postgres") as connection:
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
    if not there:
        ground.create(name, "template_approval")
        fill(ground.url(name), parties)
    yield from run(ground.url(name), parties)


def fill(url: str, parties: int) -> None:
    """Fill the empty register and facts of the migrated database at ``url``, and set a rule or two."""
    engine = open_engine(url, application="bench")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in FILL:
            given = {"parties": parties} if ":parties" in statement else {}
            connection.execute(text(statement), given)
    with engine.begin() as connection:
        for kind in FactKind:
            rule = StandingRuleSet(
                kind=kind, matter_code=FOOD, same_matter=True, means=Means.BLOCK, valid_from=date(2026, 1, 1)
            )
            set_rule(raw(connection), rule, connection.scalar(text("SELECT now()")))
    engine.dispose()


def run(url: str, parties: int) -> Iterator[Figure]:
    engine = open_engine(url, application="bench")
    chance = random.Random(7)
    asked = _asked(engine, parties, chance)
    today = china_day()
    took, found = [], 0
    for number, party in enumerate(asked):
        began = time.perf_counter()
        with engine.connect() as connection:
            answer = standing_of(raw(connection), party, FOOD, today)
        spent = (time.perf_counter() - began) * 1000
        assert answer is not None
        if number >= WARM:
            took.append(spent)
            found = max(found, len(answer["facts"]))
    engine.dispose()
    note = f"p50 {percentile(took, 0.5):.1f} ms, the longest answer has {found} facts"
    yield Figure(f"may I grant, {parties:,} parties, p99", percentile(took, 0.99), "ms", LEAST_MS, note=note)
    paths = [f"/api/v1/parties/{party}/standing?matter={FOOD}" for party in asked[: THROUGH_HTTP + WARM]]
    with asking(approving, url) as line:
        took = line.took(paths)[WARM:]
    name, note = f"the same through HTTP, {parties:,} parties, p99", f"p50 {percentile(took, 0.5):.1f} ms"
    yield Figure(name, percentile(took, 0.99), "ms", LEAST_MS, note=note)


def _asked(engine: Engine, parties: int, chance: random.Random) -> list[UUID]:
    with engine.connect() as connection:
        known = connection.scalars(text("SELECT party FROM party_facts TABLESAMPLE SYSTEM (1) REPEATABLE (1)")).all()
        numbers = [chance.randint(1, parties) for _ in range(TIMES // 2)]
        anybody = connection.scalars(
            text("SELECT md5('party' || i)::uuid FROM unnest(cast(:numbers AS integer[])) AS g (i)"),
            {"numbers": numbers},
        ).all()
    asked = [*anybody, *(chance.choice(known) for _ in range(TIMES // 2))]
    chance.shuffle(asked)
    return asked
