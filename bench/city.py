"""An invented city for measuring: 20 departments, 200 matters, and decisions about permits as a year brings them.

Every draw comes from a seed, so two runs see the same city.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from uuid import UUID

from events.approval import (
    Decided,
    Level,
    Party,
    PartyKind,
    PermitAmended,
    PermitFacts,
    PermitGranted,
    PermitRenewed,
    PermitRevoked,
    PermitStatus,
    PermitSurrendered,
)
from events.catalogue import encode
from events.envelope import NewEvent
from events.supervision import DutyAssigned

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
DEPARTMENTS = {f"119901{number:02d}MB00001{number:02d}X": f"海州市虚构第{number}监管局" for number in range(1, 21)}
BODIES = {f"119901{number:02d}MB00009{number:02d}Y": f"虚构{number}区行政审批局" for number in range(1, 9)}
REGIONS = tuple(f"9901{number:02d}" for number in range(1, 9))
MATTERS = tuple(f"0001{number:05d}000" for number in range(1, 201))
UNCOVERED = "000199999000"
"""A matter that no duty names: one decision in fifty has it, and waits."""

FOLLOWING = 0.25
"""The share of decisions about a permit that exists already."""

PERSONAL_BYTES = 230
"""What the sealed part of a decision weighs: names, numbers and the legal representative, with nonce and tag."""

FIRST_MILLISECOND = int(NOW.timestamp() * 1000)


def duties() -> list[DutyAssigned]:
    """One entry for each matter; six in ten name one more department beside the lead, so 1.6 lists on average."""
    draw = random.Random(1)
    codes = list(DEPARTMENTS)
    entries = []
    for matter in MATTERS:
        # Three departments have the most, as the market regulator has in a real city.
        lead = draw.choice(codes[:3] if draw.random() < 0.5 else codes)
        others = tuple(draw.sample([code for code in codes if code != lead], draw.choice((0, 0, 1, 1, 1))))
        entries.append(
            DutyAssigned(
                matter_code=matter,
                matter_name="虚构事项",
                region_code="990100",
                level="*",
                lead=lead,
                lead_name=DEPARTMENTS[lead],
                co_departments=others,
                claim_limit_days=5,
                valid_from=date(2020, 1, 1),
            )
        )
    return entries


def decisions(count: int, seed: int = 7, following: float = FOLLOWING) -> Iterator[NewEvent]:
    """Yield ``count`` decisions, streams in order of version; ``following`` of them about a permit seen before."""
    draw = random.Random(seed)
    standing: list[tuple[UUID, int, PermitFacts]] = []
    for number in range(count):
        if standing and draw.random() < following:
            index = draw.randrange(len(standing))
            stream, version, facts = standing[index]
            event = _later(draw, facts)
            if event.status is PermitStatus.VALID:
                standing[index] = (stream, version + 1, event.facts)
            else:
                standing[index] = standing[-1]
                standing.pop()
        else:
            stream, version, facts = _stream(draw, number), 0, _facts(draw, number)
            event = PermitGranted(facts=facts, status=PermitStatus.VALID, **_said(draw))
            standing.append((stream, 1, facts))
        name, schema, data = encode(event)
        yield NewEvent(stream, version + 1, name, schema, NOW, data, draw.randbytes(PERSONAL_BYTES))


def _stream(draw: random.Random, number: int) -> UUID:
    """The id of the ``number``-th new permit, in the order of time as ``events.envelope.new_stream`` gives them."""
    return UUID(int=(FIRST_MILLISECOND + number) << 80 | 7 << 76 | draw.getrandbits(12) << 64 | 2 << 62 | number)


def in_batches(events: Iterator[NewEvent], size: int) -> Iterator[list[NewEvent]]:
    while batch := list(islice(events, size)):
        yield batch


def _later(draw: random.Random, facts: PermitFacts) -> Decided:
    kind = draw.random()
    if kind < 0.5:
        changed = facts.model_copy(update={"content": f"准予从事虚构经营项目{draw.randrange(10_000)}类"})
        return PermitAmended(facts=changed, status=PermitStatus.VALID, changed=("content",), **_said(draw))
    if kind < 0.8:
        assert facts.valid_to is not None
        longer = facts.model_copy(update={"valid_to": facts.valid_to + timedelta(days=1826)})
        return PermitRenewed(facts=longer, status=PermitStatus.VALID, **_said(draw))
    if kind < 0.97:
        return PermitSurrendered(facts=facts, status=PermitStatus.SURRENDERED, **_said(draw))
    return PermitRevoked(facts=facts, status=PermitStatus.REVOKED, **_said(draw, "违反虚构条例第四十条"))


def _said(draw: random.Random, reason: str = "") -> dict[str, object]:
    return {
        "decision_date": TODAY - timedelta(days=draw.randrange(300)),
        "reason": reason,
        "personal_mark": f"{draw.getrandbits(96):024x}",
    }


def _facts(draw: random.Random, number: int) -> PermitFacts:
    natural = draw.random() < 0.3
    body = draw.choice(tuple(BODIES))
    start = TODAY - timedelta(days=draw.randrange(700))
    return PermitFacts(
        party=Party(
            party_id=UUID(int=draw.getrandbits(128), version=4),
            kind=PartyKind.NATURAL if natural else PartyKind.LEGAL,
            label="张*" if natural else f"海州市虚构贸易第{number}有限公司",
            uscc=None if natural else f"9199010{draw.randrange(10):01d}MA{draw.randrange(10**8):08d}",
        ),
        matter_code=UNCOVERED if draw.random() < 0.02 else draw.choice(MATTERS),
        region_code=draw.choice(REGIONS),
        level=draw.choice((Level.CITY, Level.COUNTY, Level.COUNTY)),
        deciding_body=body,
        deciding_body_name=BODIES[body],
        permit_number=f"XK9901{number:012d}",
        certificate_name="虚构经营许可证",
        document_name="准予行政许可决定书",
        document_number=f"海审批〔2026〕{number}号",
        category="普通",
        content="" if natural else "准予从事虚构经营项目甲类、乙类",
        valid_from=start,
        valid_to=start + timedelta(days=1826),
        place="" if natural else "海州市虚构路一号",
        data_source="海州市行政审批局",
        data_source_code=body,
    )
